/** What the catalog's objects are called, and how to list them. */
import type { ObjectStore, StoredObject } from '../../platform/ports.ts';

export const SEGMENTS = 'segments/';
export const TABLE_FILES = 'table/date=';
export const SNAPSHOTS = 'table/snapshots/';
/** Holds a recent version as text: a cache, never the truth. */
export const HINT = 'table/hint';

const VERSION_DIGITS = 10;

export function snapshotKey(version: number): string {
  return `${SNAPSHOTS}${String(version).padStart(VERSION_DIGITS, '0')}.json`;
}

export function snapshotVersion(key: string): number {
  const version = Number(key.slice(SNAPSHOTS.length, -'.json'.length));
  if (snapshotKey(version) !== key) throw new Error(`${key} is not the key of a snapshot`);
  return version;
}

/** @param name unique for ever: a key of the table is never used twice */
export function tableFileKey(date: string, type: string, name: string): string {
  return `${TABLE_FILES}${date}/type=${type}/${name}.parquet`;
}

/** Start of the hour in which the oldest event of a segment arrived, epoch milliseconds. */
export function segmentHour(key: string): number {
  const time = Date.parse(`${key.slice(SEGMENTS.length, SEGMENTS.length + '2026-01-31T10'.length)}:00:00Z`);
  if (Number.isNaN(time)) throw new Error(`${key} is not the key of a segment`);
  return time;
}

/** Every object under the prefix, by key. */
export async function listAll(lake: ObjectStore, prefix: string): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  let cursor: string | undefined;
  do {
    const page = await lake.list({ prefix, ...(cursor === undefined ? {} : { cursor }) });
    objects.push(...page.objects);
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return objects;
}
