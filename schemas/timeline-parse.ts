/** From the text of the timeline's objects to what they hold, checked. */
import { EVENT_TYPES, isJsonObject, type JsonObject } from './event.ts';
import type {
  TimelineFile,
  TimelineGroup,
  TimelineGroups,
  TimelineRun,
  TimelineSnapshot,
  TypeCounts,
} from './timeline.ts';

/** @throws Error where it is not a timeline of this format */
export function parseTimelineSnapshot(text: string): TimelineSnapshot {
  const object = objectOf(JSON.parse(text));
  if (object.format !== 1) throw new Error(`A timeline of format ${String(object.format)}: a newer Inlet made it`);
  return {
    format: 1,
    version: number(object, 'version'),
    committed_at: number(object, 'committed_at'),
    build: number(object, 'build'),
    table_version: number(object, 'table_version'),
    as_of: object.as_of === null ? null : number(object, 'as_of'),
    pending: list(object.pending).map(textOf),
    sources: textOf(object.sources),
    runs: list(object.runs).map(parseRun),
  };
}

function parseRun(value: unknown): TimelineRun {
  const run = objectOf(value);
  return {
    rows: number(run, 'rows'),
    gone: number(run, 'gone'),
    oldest: number(run, 'oldest'),
    newest: number(run, 'newest'),
    files: list(run.files).map(parseFile),
  };
}

function parseFile(value: unknown): TimelineFile {
  const file = objectOf(value);
  return {
    key: textOf(file.key),
    bytes: number(file, 'bytes'),
    rows: number(file, 'rows'),
    first_bucket: number(file, 'first_bucket'),
    last_bucket: number(file, 'last_bucket'),
  };
}

/** Groups are lists, not objects: there are hundreds of them in a file. */
export function encodeTimelineGroups({ schema, codec, groups }: TimelineGroups): string {
  const lists = groups.map(({ rows, bucket, user_key, timestamp, offset, lengths }) => [
    ...[rows, bucket, user_key, timestamp, offset],
    ...lengths,
  ]);
  return JSON.stringify({ schema, codec, groups: lists, types: groups.map(({ types }) => types) });
}

/** @throws Error where it is none */
export function parseTimelineGroups(text: string): TimelineGroups {
  const object = objectOf(JSON.parse(text));
  const types = object.types === undefined ? [] : list(object.types);
  return {
    schema: list(object.schema).map(objectOf),
    codec: textOf(object.codec),
    groups: list(object.groups).map((group, place) => parseGroup(group, types[place] ?? null)),
  };
}

function parseGroup(value: unknown, types: unknown): TimelineGroup {
  const [rows, bucket, user_key, timestamp, offset, ...lengths] = list(value);
  return {
    rows: numberOf(rows),
    bucket: numberOf(bucket),
    user_key: textOf(user_key),
    timestamp: numberOf(timestamp),
    offset: numberOf(offset),
    lengths: lengths.map(numberOf),
    types: types === null ? null : parseTypes(objectOf(types)),
  };
}

function parseTypes(counts: JsonObject): TypeCounts {
  return Object.fromEntries(EVENT_TYPES.flatMap((type) => (type in counts ? [[type, number(counts, type)]] : [])));
}

function objectOf(value: unknown): JsonObject {
  if (isJsonObject(value)) return value;
  throw new TypeError('The timeline holds something else than an object');
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError('The timeline holds something else than a list');
}

function number(object: JsonObject, name: string): number {
  return numberOf(object[name]);
}

function numberOf(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new TypeError(`The timeline holds ${typeof value} where a number belongs`);
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`The timeline holds ${typeof value} where a text belongs`);
}
