/** Pure: event rows to rows of the hot index. */
import type { EventRow } from '../../schemas/columns.ts';
import { RETRACTION_TYPE } from '../../schemas/event.ts';
import { charactersOf, encodeEvents } from './hot-events.ts';
import { digest, stampOf } from './identity.ts';
import { bucketOf, userHash } from './users.ts';

/** Events of one row lie at most this far apart, so that a reader knows how far a row reaches down. */
export const ROW_SPAN_MS = 3_600_000;
/** Most JSON in one row, in characters, about; one event may be larger. */
export const ROW_CHARACTERS_MAX = 262_144;

export interface HotRow {
  readonly bucket: number;
  readonly newest: number;
  readonly content: string;
  readonly oldest: number;
  readonly users: string;
  readonly events: string;
  readonly held: readonly HeldEvent[];
}

export interface HeldEvent {
  readonly row: EventRow;
  readonly stamp: string;
}

/** Rejected events and retractions are left out. @returns rows in the order of the index, which SQLite fills fastest. */
export function toHotRows(rows: readonly EventRow[]): HotRow[] {
  const buckets = new Map<number, HeldEvent[]>();
  for (const row of rows) {
    if (row.verdict === 'rejected' || row.type === RETRACTION_TYPE) continue;
    const held = heldOf(row);
    const bucket = bucketOf(row.user_key);
    const group = buckets.get(bucket);
    if (group === undefined) buckets.set(bucket, [held]);
    else group.push(held);
  }
  const hotRows: HotRow[] = [];
  for (const [bucket, held] of buckets) split(bucket, held, hotRows);
  return hotRows.sort((a, b) => a.bucket - b.bucket || a.newest - b.newest);
}

export function heldOf(row: EventRow): HeldEvent {
  return { row, stamp: stampOf(row.received_at, row.pack_id, row.pack_index) };
}

/** @param group events of one bucket, in any order, none or some of them twice */
function split(bucket: number, group: HeldEvent[], into: HotRow[]): void {
  group.sort((a, b) => b.row.timestamp - a.row.timestamp || compareArrival(a.row, b.row));
  let held: HeldEvent[] = [];
  let characters = 0;
  let newest = 0;
  for (const event of group) {
    const size = charactersOf(event.row);
    const full = newest - event.row.timestamp > ROW_SPAN_MS || characters + size > ROW_CHARACTERS_MAX;
    if (held.length > 0 && full) {
      into.push(hotRow(bucket, held));
      held = [];
      characters = 0;
    }
    if (held.length === 0) newest = event.row.timestamp;
    held.push(event);
    characters += size;
  }
  into.push(hotRow(bucket, held));
}

/** @param held newest first */
function hotRow(bucket: number, held: readonly HeldEvent[]): HotRow {
  let users = '';
  let events = '';
  for (const [user, rows] of rowsByUser(held)) {
    const text = encodeEvents(rows);
    users += ` ${userHash(user)}:${events.length}:${text.length}`;
    events += text;
  }
  return {
    bucket,
    newest: held[0]?.row.timestamp ?? 0,
    content: digest(held.map(({ stamp }) => stamp).join()),
    oldest: held.at(-1)?.row.timestamp ?? 0,
    users,
    events,
    held,
  };
}

function rowsByUser(held: readonly HeldEvent[]): Map<string, EventRow[]> {
  const byUser = new Map<string, EventRow[]>();
  for (const { row } of held) {
    const rows = byUser.get(row.user_key);
    if (rows === undefined) byUser.set(row.user_key, [row]);
    else rows.push(row);
  }
  return byUser;
}

/** As their stamps compare. */
function compareArrival(a: EventRow, b: EventRow): number {
  if (a.received_at !== b.received_at) return a.received_at - b.received_at;
  if (a.pack_id !== b.pack_id) return a.pack_id < b.pack_id ? -1 : 1;
  return a.pack_index - b.pack_index;
}
