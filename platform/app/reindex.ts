/**
 * Segments that the hot index has still to take in. While the index is away, each new segment leaves a marker object;
 * whoever tends the index works the markers off, oldest first.
 */
import { readRows } from '../../lakehouse/append/read.ts';
import type { HotIndex, ObjectStore, Progress, StoredObject } from '../ports.ts';
import { indexRows } from './index-rows.ts';

const PREFIX = 'reindex/';
const LIST_PAGES_MAX = 1_000;

/** @param earliest arrival of the oldest event in the segment, epoch milliseconds */
export async function markForReindex(
  lake: ObjectStore,
  segment: string,
  earliest: number,
  cause: unknown,
): Promise<void> {
  const marker = { segment, earliest, cause: cause instanceof Error ? cause.message : String(cause) };
  await lake.put(markerKey(segment, earliest), JSON.stringify(marker));
}

/** The arrival time rides in the key, so that a listing alone says how far behind the index is. */
function markerKey(segment: string, earliest: number): string {
  return `${PREFIX}${String(earliest).padStart(15, '0')}/${segment}`;
}

function parseMarkerKey(key: string): { segment: string; earliest: number } {
  const [earliest = '', ...segment] = key.slice(PREFIX.length).split('/');
  return { segment: segment.join('/'), earliest: Number(earliest) };
}

/** Arrival of the oldest event that waits for the hot index, epoch milliseconds; null when none does. */
export async function oldestMarker(lake: ObjectStore): Promise<number | null> {
  const [first] = (await lake.list({ prefix: PREFIX, limit: 1 })).objects;
  return first === undefined ? null : parseMarkerKey(first.key).earliest;
}

/** Segments that must not be deleted yet. */
export async function markedSegments(lake: ObjectStore): Promise<Set<string>> {
  return new Set((await listMarkers(lake)).map(({ key }) => parseMarkerKey(key).segment));
}

/** @returns how many segments were taken in. Stops at the first failure, by throwing it. */
export async function workOffMarkers(lake: ObjectStore, index: HotIndex, progress?: Progress): Promise<number> {
  const markers = await listMarkers(lake);
  for (const [position, { key }] of markers.entries()) {
    for await (const rows of readRows(lake, parseMarkerKey(key).segment)) await indexRows(index, rows);
    await lake.delete(key);
    progress?.('segments indexed', position + 1, markers.length);
  }
  return markers.length;
}

async function listMarkers(lake: ObjectStore): Promise<StoredObject[]> {
  const markers: StoredObject[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < LIST_PAGES_MAX; page += 1) {
    const listed = await lake.list({ prefix: PREFIX, ...(cursor === undefined ? {} : { cursor }) });
    markers.push(...listed.objects);
    if (!listed.truncated || listed.cursor === undefined) break;
    cursor = listed.cursor;
  }
  return markers;
}
