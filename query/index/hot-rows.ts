/** Pure: event rows to rows of the hot index. */
import type { EventRow } from '../../schemas/columns.ts';
import { digest } from './identity.ts';

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
  /** pack_index */
  readonly index: number;
  readonly properties?: unknown;
  readonly traits?: unknown;
  readonly context?: unknown;
}

export interface HotRow {
  readonly user_key: string;
  readonly newest: number;
  readonly pack_id: string;
  readonly first_index: number;
  readonly other_indexes: string;
  readonly oldest: number;
  readonly events: string;
  /** The event rows it holds, newest first. */
  readonly rows: readonly EventRow[];
}

/** Rejected events are left out. @returns rows in the order of the index, which SQLite fills fastest. */
export function toHotRows(rows: readonly EventRow[]): HotRow[] {
  const groups = new Map<string, EventRow[]>();
  for (const row of rows) {
    if (row.verdict === 'rejected') continue;
    const key = row.user_key + row.pack_id;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  const hotRows: HotRow[] = [];
  for (const group of groups.values()) split(group, hotRows);
  return hotRows.sort(byKey);
}

function byKey(a: HotRow, b: HotRow): number {
  if (a.user_key !== b.user_key) return a.user_key < b.user_key ? -1 : 1;
  return a.newest - b.newest;
}

/** @param group events of one user in one pack, in any order, none or some of them twice */
function split(group: EventRow[], into: HotRow[]): void {
  if (group.length > 1) group.sort((a, b) => b.timestamp - a.timestamp || a.pack_index - b.pack_index);
  let held: EventRow[] = [];
  let texts: string[] = [];
  let characters = 0;
  let newest = 0;
  for (const row of group) {
    const text = eventText(row);
    const full = newest - row.timestamp > ROW_SPAN_MS || characters + text.length > ROW_CHARACTERS_MAX;
    if (held.length > 0 && full) {
      into.push(hotRow(held, texts));
      held = [];
      texts = [];
      characters = 0;
    }
    if (held.length === 0) newest = row.timestamp;
    held.push(row);
    texts.push(text);
    characters += text.length;
  }
  into.push(hotRow(held, texts));
}

function hotRow(rows: readonly EventRow[], texts: readonly string[]): HotRow {
  const [newest, ...others] = rows;
  if (newest === undefined) throw new Error('a hot row holds at least one event');
  return {
    user_key: newest.user_key,
    newest: newest.timestamp,
    pack_id: newest.pack_id,
    first_index: newest.pack_index,
    other_indexes: others.length === 0 ? '' : digest(others.map((row) => row.pack_index).join()),
    oldest: (others.at(-1) ?? newest).timestamp,
    events: `[${texts.join()}]`,
    rows,
  };
}

/** A HotEvent as JSON text. The large parts are JSON text already: they go in as they are. */
function eventText(row: EventRow): string {
  let text = `{"messageId":${JSON.stringify(row.message_id)},"source":${JSON.stringify(row.source)},"type":"${row.type}"`;
  if (row.event !== null) text += `,"event":${JSON.stringify(row.event)}`;
  if (row.name !== null) text += `,"name":${JSON.stringify(row.name)}`;
  if (row.user_id !== null) text += `,"userId":${JSON.stringify(row.user_id)}`;
  if (row.anonymous_id !== null) text += `,"anonymousId":${JSON.stringify(row.anonymous_id)}`;
  if (row.group_id !== null) text += `,"groupId":${JSON.stringify(row.group_id)}`;
  if (row.previous_id !== null) text += `,"previousId":${JSON.stringify(row.previous_id)}`;
  text += `,"timestamp":${row.timestamp},"receivedAt":${row.received_at},"index":${row.pack_index}`;
  if (row.properties !== null) text += `,"properties":${row.properties}`;
  if (row.traits !== null) text += `,"traits":${row.traits}`;
  if (row.context !== null) text += `,"context":${row.context}`;
  return `${text}}`;
}
