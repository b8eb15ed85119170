/** Pure: event rows to rows of the hot index. */
import type { EventRow } from '../../schemas/columns.ts';
import { digest, stampOf } from './identity.ts';
import { bucketOf, userHash } from './users.ts';

/** Events of one row lie at most this far apart, so that a reader knows how far a row reaches down. */
export const ROW_SPAN_MS = 3_600_000;
/** Most JSON in one row, in characters, unless one event is larger. */
export const ROW_CHARACTERS_MAX = 262_144;

/** An event in a hot row. Times are epoch milliseconds; what an event does not have is absent. */
export interface HotEvent {
  readonly messageId: string;
  readonly source: string;
  readonly type: string;
  readonly event?: string;
  readonly name?: string;
  readonly userId?: string;
  readonly anonymousId?: string;
  readonly groupId?: string;
  readonly previousId?: string;
  readonly timestamp: number;
  readonly receivedAt: number;
  /** See `stampOf`. */
  readonly stamp: string;
  readonly properties?: unknown;
  readonly traits?: unknown;
  readonly context?: unknown;
}

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

/** Rejected events are left out. @returns rows in the order of the index, which SQLite fills fastest. */
export function toHotRows(rows: readonly EventRow[]): HotRow[] {
  const buckets = new Map<number, HeldEvent[]>();
  for (const row of rows) {
    if (row.verdict === 'rejected') continue;
    const held = { row, stamp: stampOf(row.received_at, row.pack_id, row.pack_index) };
    const bucket = bucketOf(row.user_key);
    const group = buckets.get(bucket);
    if (group === undefined) buckets.set(bucket, [held]);
    else group.push(held);
  }
  const hotRows: HotRow[] = [];
  for (const [bucket, held] of buckets) split(bucket, held, hotRows);
  return hotRows.sort((a, b) => a.bucket - b.bucket || a.newest - b.newest);
}

/** @param group events of one bucket, in any order, none or some of them twice */
function split(bucket: number, group: HeldEvent[], into: HotRow[]): void {
  group.sort((a, b) => b.row.timestamp - a.row.timestamp || compareText(a.stamp, b.stamp));
  let held: HeldEvent[] = [];
  let texts: string[] = [];
  let characters = 0;
  let newest = 0;
  for (const event of group) {
    const text = eventText(event);
    const full = newest - event.row.timestamp > ROW_SPAN_MS || characters + text.length > ROW_CHARACTERS_MAX;
    if (held.length > 0 && full) {
      into.push(hotRow(bucket, held, texts));
      held = [];
      texts = [];
      characters = 0;
    }
    if (held.length === 0) newest = event.row.timestamp;
    held.push(event);
    texts.push(text);
    characters += text.length;
  }
  into.push(hotRow(bucket, held, texts));
}

/** @param held newest first, as `texts` are */
function hotRow(bucket: number, held: readonly HeldEvent[], texts: readonly string[]): HotRow {
  const byUser = new Map<string, string>();
  for (const [position, { row }] of held.entries()) {
    const before = byUser.get(row.user_key);
    byUser.set(row.user_key, before === undefined ? (texts[position] ?? '') : `${before},${texts[position]}`);
  }
  let users = '';
  let events = '';
  for (const [user, text] of byUser) {
    users += ` ${userHash(user)}:${events.length}:${text.length + 2}`;
    events += `[${text}]`;
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

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** A HotEvent as JSON text. The large parts are JSON text already: they go in as they are. */
function eventText({ row, stamp }: HeldEvent): string {
  let text = `{"messageId":${JSON.stringify(row.message_id)},"source":${JSON.stringify(row.source)},"type":"${row.type}"`;
  if (row.event !== null) text += `,"event":${JSON.stringify(row.event)}`;
  if (row.name !== null) text += `,"name":${JSON.stringify(row.name)}`;
  if (row.user_id !== null) text += `,"userId":${JSON.stringify(row.user_id)}`;
  if (row.anonymous_id !== null) text += `,"anonymousId":${JSON.stringify(row.anonymous_id)}`;
  if (row.group_id !== null) text += `,"groupId":${JSON.stringify(row.group_id)}`;
  if (row.previous_id !== null) text += `,"previousId":${JSON.stringify(row.previous_id)}`;
  text += `,"timestamp":${row.timestamp},"receivedAt":${row.received_at},"stamp":"${stamp}"`;
  if (row.properties !== null) text += `,"properties":${row.properties}`;
  if (row.traits !== null) text += `,"traits":${row.traits}`;
  if (row.context !== null) text += `,"context":${row.context}`;
  return `${text}}`;
}
