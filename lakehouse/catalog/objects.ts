/** What the catalog's objects are called, how other engines name them, and how to list them. */
import type { ObjectStore, StoredObject } from '../../platform/ports.ts';

export const SEGMENTS = 'segments/';
const TABLE = 'table/';
export const TABLE_FILES = `${TABLE}data/date=`;
export const METADATA = `${TABLE}metadata/`;
/** What the parts of the identity index are listed by. */
export const IDENTITY_PARTS = `${TABLE}identities/`;
/** What metadata files are listed by. */
export const METADATA_FILES = `${METADATA}v`;
/** Holds a recent version as text, for other engines: a cache, never the truth. */
export const HINT = `${METADATA}version-hint.text`;

const HOUR_TEXT = '2026-01-31T10';
const HOUR_MS = 3_600_000;

export function metadataKey(version: number): string {
  return `${METADATA_FILES}${version}.metadata.json`;
}

/** @returns null for any other object */
export function metadataVersion(key: string): number | null {
  const version = Number(key.slice(METADATA_FILES.length, -'.metadata.json'.length));
  return Number.isSafeInteger(version) && metadataKey(version) === key ? version : null;
}

/** @param name unique for ever: a key of the table is never used twice */
export function tableFileKey(date: string, type: string, name: string): string {
  return `${TABLE_FILES}${date}/type=${type}/${name}.parquet`;
}

/** @param name unique for ever. @param receivedMax newest arrival in its files, epoch milliseconds */
export function manifestKey(receivedMax: number, name: string): string {
  return `${METADATA}manifest-${new Date(receivedMax).toISOString().slice(0, HOUR_TEXT.length)}-${name}.avro`;
}

/** Nothing in the manifest has arrived at this time or later, epoch milliseconds. */
export function manifestReceivedBefore(key: string): number {
  return parseHour(key, `${METADATA}manifest-`.length) + HOUR_MS;
}

export function manifestListKey(name: string): string {
  return `${METADATA}snap-${name}.avro`;
}

export function consumedKey(name: string): string {
  return `${METADATA}consumed-${name}.json`;
}

export function identitiesKey(name: string): string {
  return `${METADATA}identities-${name}.json`;
}

/** @param name unique for ever */
export function identityPartKey(name: string): string {
  return `${IDENTITY_PARTS}${name}.parquet`;
}

/** Start of the hour in which the oldest event of a segment arrived, epoch milliseconds. */
export function segmentHour(key: string): number {
  return parseHour(key, SEGMENTS.length);
}

function parseHour(key: string, start: number): number {
  const time = Date.parse(`${key.slice(start, start + HOUR_TEXT.length)}:00:00Z`);
  if (Number.isNaN(time)) throw new Error(`${key} names no hour`);
  return time;
}

/** Where the table is, to other engines. @param root of the lake: `file:///var/inlet/lake`, `s3://bucket` */
export function tableLocation(root: string): string {
  return `${root}/${TABLE.slice(0, -1)}`;
}

/** How other engines name an object of the table. @param location of the table */
export function uriOf(location: string, key: string): string {
  return `${location}/${key.slice(TABLE.length)}`;
}

/** The key of an object of the table, wherever the lake was when the name was written. @throws Error for others */
export function keyOf(uri: string): string {
  const start = Math.max(uri.lastIndexOf('/data/date='), uri.lastIndexOf('/metadata/'));
  if (start === -1) throw new Error(`${uri} names no object of the table`);
  return TABLE + uri.slice(start + 1);
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
