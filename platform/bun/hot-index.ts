/** The hot index of one machine: a file, or several that share its events. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../schemas/config.ts';
import type { HotIndex } from '../ports.ts';
import { applyMigrations } from './migrations.ts';
import { type SqliteDatabase, sqliteDatabase } from './sqlite-database.ts';

export interface OpenHotIndex extends HotIndex {
  close(): void;
}

/** Opens as many files as are wanted, and those that an earlier setting left: events lie there until a rebuild. */
export async function openHotIndex(config: Pick<Config, 'data_dir' | 'index_shards'>): Promise<OpenHotIndex> {
  const first = await open(join(config.data_dir, 'hot-index.sqlite'));
  const beside: SqliteDatabase[] = [];
  for (let shard = 1; ; shard += 1) {
    const path = join(config.data_dir, `hot-index-${shard}.sqlite`);
    if (shard >= config.index_shards && !existsSync(path)) break;
    beside.push(await open(path));
  }
  return {
    prepare: (sql) => first.prepare(sql),
    batch: (statements) => first.batch(statements),
    beside,
    shards_wanted: config.index_shards,
    close() {
      for (const database of [first, ...beside]) database.close();
    },
  };
}

async function open(path: string): Promise<SqliteDatabase> {
  const database = sqliteDatabase(path);
  await applyMigrations(database, 'hot-index');
  return database;
}
