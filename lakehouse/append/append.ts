/** Segments: the newest part of the log, one immutable file for each batch of packs. */
import { createHash } from 'node:crypto';
import type { Compressor, ObjectStore } from '../../platform/ports.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { encodeSegment } from './encode.ts';

/**
 * `segments/<YYYY-MM-DDTHH>/<hash>.parquet`: the same packs have the same key, in whatever order they come.
 *
 * @param earliestReceivedAt of the rows, epoch milliseconds
 */
export function segmentKey(packIds: readonly string[], earliestReceivedAt: number): string {
  const hour = new Date(earliestReceivedAt).toISOString().slice(0, 13);
  const hash = createHash('sha256').update(packIds.toSorted().join('\n')).digest('hex').slice(0, 32);
  return `segments/${hour}/${hash}.parquet`;
}

/**
 * Durable when it resolves. A segment that is there already holds the same packs, so it stays.
 *
 * @param rows all rows of these packs, one at least
 * @returns the key
 */
export async function appendSegment(
  lake: ObjectStore,
  rows: readonly EventRow[],
  packIds: readonly string[],
  compressor: Compressor,
): Promise<string> {
  const earliest = rows.reduce((time, row) => Math.min(time, row.received_at), Number.POSITIVE_INFINITY);
  const key = segmentKey(packIds, earliest);
  await lake.put(key, encodeSegment(rows, compressor), { onlyIf: { etagDoesNotMatch: '*' } });
  return key;
}
