/**
 * A snapshot: one consistent version of the table, and which segments it has taken in. Everything here is pure; the
 * next snapshot is a function of the one before and a change.
 */
import { isJsonObject, type JsonObject } from '../../schemas/event.ts';

/** One Parquet file of the table. Times are epoch milliseconds; minima and maxima are exact and inclusive. */
export interface TableFile {
  readonly key: string;
  /** UTC day of `timestamp` of every row: 2026-01-31. */
  readonly date: string;
  /** Call type of every row, or `failed`. */
  readonly type: string;
  readonly rows: number;
  readonly bytes: number;
  readonly received_min: number;
  readonly received_max: number;
  readonly timestamp_min: number;
  readonly timestamp_max: number;
  readonly user_key_min: string;
  readonly user_key_max: string;
}

export interface Snapshot {
  /** Counts up from 1 without gaps; 0 is the table before its first commit. */
  readonly version: number;
  /** Epoch milliseconds. */
  readonly committed_at: number;
  /**
   * Every event that arrived before this time and was in the log at the commit is in the table; epoch milliseconds.
   * What still waits in a queue is for the reader to take off.
   */
  readonly as_of: number | null;
  readonly files: readonly TableFile[];
  /** Keys of segments whose rows are in `files` and whose objects are not deleted yet. */
  readonly consumed: readonly string[];
}

export const EMPTY_SNAPSHOT: Snapshot = { version: 0, committed_at: 0, as_of: null, files: [], consumed: [] };

export interface Change {
  readonly committed_at: number;
  readonly as_of: number | null;
  readonly add: readonly TableFile[];
  /** Keys of files that `add` stands in for. */
  readonly remove: readonly string[];
  /** Keys of segments whose rows are in `add`. */
  readonly consume: readonly string[];
  /** Keys of consumed segments that are deleted by now. */
  readonly forget: readonly string[];
}

/** A change that does not fit the snapshot it is applied to: somebody else changed the table first. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
}

/** @throws ConflictError when the change takes away what is not there or adds what already is */
export function nextSnapshot(base: Snapshot, change: Change): Snapshot {
  const files = new Map(base.files.map((file) => [file.key, file]));
  const consumed = new Set(base.consumed);
  for (const key of change.remove) {
    if (!files.delete(key)) throw new ConflictError(`${key} is not in snapshot ${base.version}`);
  }
  for (const file of change.add) {
    if (files.has(file.key)) throw new ConflictError(`${file.key} is already in snapshot ${base.version}`);
    files.set(file.key, file);
  }
  for (const key of change.forget) {
    if (!consumed.delete(key)) throw new ConflictError(`${key} is not consumed in snapshot ${base.version}`);
  }
  for (const key of change.consume) {
    if (consumed.has(key)) throw new ConflictError(`${key} is already consumed in snapshot ${base.version}`);
    consumed.add(key);
  }
  return {
    version: base.version + 1,
    committed_at: change.committed_at,
    as_of: change.as_of,
    files: [...files.values()],
    consumed: [...consumed],
  };
}

/** Days whose rows differ between two snapshots, ascending: 2026-01-31. */
export function changedDays(before: Snapshot, after: Snapshot): string[] {
  const [old, current] = [before, after].map(({ files }) => new Map(files.map((file) => [file.key, file.date])));
  const days = new Set<string>();
  for (const [key, date] of old ?? []) if (!current?.has(key)) days.add(date);
  for (const [key, date] of current ?? []) if (!old?.has(key)) days.add(date);
  return [...days].sort();
}

/** @throws Error naming what is wrong: a snapshot that cannot be trusted must stop every reader. */
export function parseSnapshot(text: string): Snapshot {
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value)) throw new Error('The snapshot is not a JSON object');
  return {
    version: whole(value, 'version'),
    committed_at: whole(value, 'committed_at'),
    as_of: value.as_of === null ? null : whole(value, 'as_of'),
    files: list(value, 'files').map(parseFile),
    consumed: list(value, 'consumed').map((key) => {
      if (typeof key !== 'string') throw new Error('The snapshot has a consumed segment that is not a string');
      return key;
    }),
  };
}

function parseFile(value: unknown): TableFile {
  if (!isJsonObject(value)) throw new Error('The snapshot has a file that is not an object');
  return {
    key: text(value, 'key'),
    date: text(value, 'date'),
    type: text(value, 'type'),
    rows: whole(value, 'rows'),
    bytes: whole(value, 'bytes'),
    received_min: whole(value, 'received_min'),
    received_max: whole(value, 'received_max'),
    timestamp_min: whole(value, 'timestamp_min'),
    timestamp_max: whole(value, 'timestamp_max'),
    user_key_min: text(value, 'user_key_min'),
    user_key_max: text(value, 'user_key_max'),
  };
}

function whole(object: JsonObject, name: string): number {
  const value = object[name];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new Error(`The snapshot has no whole number "${name}"`);
}

function text(object: JsonObject, name: string): string {
  const value = object[name];
  if (typeof value === 'string') return value;
  throw new Error(`The snapshot has no text "${name}"`);
}

function list(object: JsonObject, name: string): unknown[] {
  const value = object[name];
  if (Array.isArray(value)) return value;
  throw new Error(`The snapshot has no list "${name}"`);
}
