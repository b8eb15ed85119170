/** A lake in memory that notes what was read. */
import { gzipSync } from 'node:zlib';
import { readRows } from '../../lakehouse/append/read.ts';
import { zstdCompressor } from '../../platform/bun/system.ts';
import type { ByteRange, Compressor, ObjectStore } from '../../platform/ports.ts';
import { virtualClock } from '../../platform/sim/clock.ts';
import { memoryStore } from '../../platform/sim/object-store.ts';
import type { EventRow } from '../../schemas/columns.ts';

export const gzip: Compressor = { name: 'gzip', compress: (bytes) => gzipSync(bytes, { level: 1 }) };
export const zstd = zstdCompressor;

export function openLake(): ObjectStore & { reads: ByteRange[] } {
  const store = memoryStore(virtualClock(0));
  const reads: ByteRange[] = [];
  return {
    ...store,
    reads,
    get(key, options) {
      if (options?.range) reads.push(options.range);
      return store.get(key, options);
    },
  };
}

export async function readAll(lake: ObjectStore, key: string): Promise<EventRow[]> {
  const rows: EventRow[] = [];
  for await (const window of readRows(lake, key)) rows.push(...window);
  return rows;
}
