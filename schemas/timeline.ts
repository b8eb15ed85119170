/**
 * The timeline: every event of the table once more, clustered by user. This is what its objects are called and hold;
 * docs/spec/timeline.md says what is promised of them.
 */
import type { ColumnName } from './columns.ts';
import type { EventType } from './event.ts';

export const TIMELINE = 'timeline/';
export const TIMELINE_VERSIONS = `${TIMELINE}v`;
export const TIMELINE_FILES = `${TIMELINE}files/`;
export const TIMELINE_SOURCES = `${TIMELINE}sources/`;

/** Columns of a timeline file beside `bucket` and `gone`: what a reader gets to see of an event. */
export const TIMELINE_COLUMNS = [
  ...(['user_key', 'timestamp', 'source', 'message_id', 'type', 'event', 'name'] as const),
  ...(['user_id', 'anonymous_id', 'group_id', 'previous_id', 'received_at', 'pack_id', 'pack_index'] as const),
  ...(['page_url', 'page_path', 'page_title', 'page_referrer', 'library', 'locale', 'user_agent'] as const),
  ...(['campaign_source', 'campaign_medium', 'campaign_name', 'properties', 'traits', 'context'] as const),
] as const satisfies readonly ColumnName[];

/** One consistent version of the timeline. */
export interface TimelineSnapshot {
  readonly format: 1;
  /** Counts up from 1. */
  readonly version: number;
  /** Epoch milliseconds. */
  readonly committed_at: number;
  /** How many builds have taken in all of the table. A version may hold part of the next one: it promises no more. */
  readonly build: number;
  /** The snapshot of the table that it holds whole. */
  readonly table_version: number;
  /** Of that snapshot, epoch milliseconds. */
  readonly as_of: number | null;
  /** Keys of the segments that were in the log at that build and which that snapshot had not consumed. */
  readonly pending: readonly string[];
  /** Key of the list of files of the table whose rows it holds. */
  readonly sources: string;
  /** Youngest first: what a run says of a row takes the place of what older ones say. */
  readonly runs: readonly TimelineRun[];
}

/** Files that divide the buckets among themselves, each sorted by bucket, user key, time, source and message id. */
export interface TimelineRun {
  readonly rows: number;
  /** How many of the rows only say that one of an older run is gone. */
  readonly gone: number;
  /** `timestamp` of its rows, epoch milliseconds. */
  readonly oldest: number;
  readonly newest: number;
  /** By bucket. */
  readonly files: readonly TimelineFile[];
}

export interface TimelineFile {
  /** Beside it, at `groupsKey(key)`, lies the list of its row groups. */
  readonly key: string;
  readonly bytes: number;
  readonly rows: number;
  /** Both included. */
  readonly first_bucket: number;
  readonly last_bucket: number;
}

/** What a reader needs of the footer, a fiftieth of its size. */
export interface TimelineGroups {
  /** Leaves in file order: name, physical type, and what the footer says of it. */
  readonly schema: readonly object[];
  readonly codec: string;
  /** In file order. */
  readonly groups: readonly TimelineGroup[];
}

export interface TimelineGroup {
  readonly rows: number;
  /** Of the first row. */
  readonly bucket: number;
  readonly user_key: string;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly offset: number;
  /** Bytes of each column, one behind the other from `offset` on. */
  readonly lengths: readonly number[];
  /** How many events of each type, less those that only say that one is gone; null in files from before there were counts. */
  readonly types: TypeCounts | null;
}

export type TypeCounts = Readonly<Partial<Record<EventType, number>>>;

const VERSION_DIGITS = 12;

export function timelineVersionKey(version: number): string {
  return `${TIMELINE_VERSIONS}${String(version).padStart(VERSION_DIGITS, '0')}.json`;
}

/** @returns null for any other object */
export function timelineVersion(key: string): number | null {
  const version = Number(key.slice(TIMELINE_VERSIONS.length, -'.json'.length));
  return Number.isSafeInteger(version) && timelineVersionKey(version) === key ? version : null;
}

/** @param name unique for ever */
export function timelineFileKey(name: string): string {
  return `${TIMELINE_FILES}${name}.parquet`;
}

export function groupsKey(fileKey: string): string {
  return `${fileKey}.groups`;
}
