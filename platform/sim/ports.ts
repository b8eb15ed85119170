import { applyMigrations } from '../bun/migrations.ts';
import { type SqliteDatabase, sqliteDatabase } from '../bun/sqlite-database.ts';
import type { Ports } from '../ports.ts';
import { type VirtualClock, virtualClock } from './clock.ts';
import { gzipCompressor } from './compressor.ts';
import { memoryCache } from './key-value.ts';
import { memoryStore } from './object-store.ts';
import { type MemoryQueue, memoryQueue } from './queue.ts';
import { type SeededRandom, seededRandom } from './random.ts';

export interface SimPorts extends Ports {
  readonly control: SqliteDatabase;
  readonly index: SqliteDatabase;
  readonly queue: MemoryQueue;
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
}

/** All ports in memory, with migrations applied: the same seed and the same calls give the same world. */
export async function simPorts(seed = 1, start = Date.UTC(2026, 6, 1)): Promise<SimPorts> {
  const clock = virtualClock(start);
  const control = sqliteDatabase(':memory:');
  const index = sqliteDatabase(':memory:');
  await applyMigrations(control, 'control');
  await applyMigrations(index, 'hot-index');
  return {
    lake: memoryStore(clock),
    control,
    index,
    queue: memoryQueue(clock),
    cache: memoryCache(clock),
    clock,
    random: seededRandom(seed),
    compressor: gzipCompressor,
  };
}
