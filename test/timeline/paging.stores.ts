/** Indexes for many histories one after the other: made once, and emptied each time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyMigrations } from '../../platform/bun/migrations.ts';
import { sqliteDatabase } from '../../platform/bun/sqlite-database.ts';
import { emptied, type OpenIndex } from './paging.world.ts';

const DATABASES = 2;

export interface Stores {
  readonly open: OpenIndex;
  close(): void;
}

export async function inMemory(): Promise<Stores> {
  return openAt(() => ':memory:');
}

/** In files of a new folder, each commit of which waits for the disk. */
export async function onDisk(): Promise<Stores> {
  const folder = mkdtempSync(join(tmpdir(), 'inlet-paging-'));
  const stores = await openAt((number) => join(folder, `hot-index-${number}.sqlite`));
  return {
    open: stores.open,
    close() {
      stores.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function openAt(pathOf: (number: number) => string): Promise<Stores> {
  const databases = Array.from({ length: DATABASES }, (_, number) => sqliteDatabase(pathOf(number)));
  for (const database of databases) await applyMigrations(database, 'hot-index');
  return {
    open: async (shards) => emptied(databases.slice(0, shards)),
    close() {
      for (const database of databases) database.close();
    },
  };
}
