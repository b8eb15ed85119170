/**
 * The rows of events over several databases, by ranges of buckets. All the rest, by which readers tell what counts, is in
 * the first: an event is there for readers once its copy is (docs/adr/0014-shards-of-the-hot-index.md).
 */
import type { Database, HotIndex } from '../../platform/ports.ts';
import { BUCKETS } from '../../schemas/buckets.ts';
import type { Slot } from './state.ts';

/** A slot, and over how many databases its rows of events are spread. */
export interface Layout {
  readonly slot: Slot;
  readonly shards: number;
}

/** From 0. */
export function shardOf(bucket: number, shards: number): number {
  return Math.floor((bucket * shards) / BUCKETS);
}

/** @throws Error where there are fewer databases than the slot is spread over */
export function databaseOf(index: HotIndex, shard: number): Database {
  const database = shard === 0 ? index : index.beside?.[shard - 1];
  if (database === undefined)
    throw new Error(`The hot index lies on more databases than there are: ${shard} is missing`);
  return database;
}

/** Over how many databases the next rebuild spreads the index. */
export function shardsWanted({ beside = [], shards_wanted = 1 + beside.length }: HotIndex): number {
  if (shards_wanted > 1 + beside.length) {
    throw new Error(`The hot index is to be on ${shards_wanted} databases and there are ${1 + beside.length}`);
  }
  return shards_wanted;
}
