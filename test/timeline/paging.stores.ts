/** Indexes for many histories one after the other: made once, and emptied each time. */
import type { SqliteDatabase } from '../../platform/bun/sqlite-database.ts';
import { openIndex } from '../query/support.ts';
import { emptied, type OpenIndex } from './paging.world.ts';

const DATABASES = 2;

export function inMemory(): OpenIndex {
  return reused(Array.from({ length: DATABASES }, () => openIndex()));
}

/** @param databases with the migrations applied */
export function reused(databases: readonly SqliteDatabase[]): OpenIndex {
  return async (shards) => emptied(databases.slice(0, shards));
}
