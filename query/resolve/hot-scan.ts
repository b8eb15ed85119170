import type { Database } from '../../platform/ports.ts';
import { type HotEvent, ROW_SPAN_MS } from '../index/hot-rows.ts';
import { stampOf } from '../index/identity.ts';
import type { Slot } from '../index/state.ts';
import { select } from './select.ts';

const CHUNK_ROWS = 64;

/** One copy of an event, as found in a hot row. */
export interface Copy {
  readonly event: HotEvent;
  readonly stamp: string;
  /** About how much JSON it is. */
  readonly characters: number;
}

export interface Chunk {
  readonly copies: Copy[];
  readonly rows: number;
  readonly characters: number;
  /** Rows not yet read hold nothing newer than this, epoch milliseconds; -Infinity when none are left. */
  readonly frontier: number;
}

interface Row {
  newest: number;
  pack_id: string;
  first_index: number;
  other_indexes: string;
  events: string;
}

/**
 * Copies of one user's events from `newest` down to `oldest` (both included, epoch milliseconds), in chunks of rows. A
 * row may hold events on either side too, so copies beyond are among them.
 */
export async function* scanHotRows(
  database: Database,
  slot: Slot,
  user: string,
  newest: number,
  oldest: number,
): AsyncGenerator<Chunk> {
  const sql = `select newest, pack_id, first_index, other_indexes, events from events_${slot}
    where user_key = ? and (newest, pack_id, first_index, other_indexes) < (?, ?, ?, ?) and newest >= ? and oldest <= ?
    order by newest desc, pack_id desc, first_index desc, other_indexes desc limit ${CHUNK_ROWS}`;
  let last: Omit<Row, 'events'> = { newest: newest + ROW_SPAN_MS + 1, pack_id: '', first_index: 0, other_indexes: '' };
  for (;;) {
    const below = [last.newest, last.pack_id, last.first_index, last.other_indexes];
    const rows = await select<Row>(database, sql, user, ...below, oldest, newest);
    const end = rows.length < CHUNK_ROWS ? undefined : rows.at(-1);
    yield {
      copies: rows.flatMap(copiesOf),
      rows: rows.length,
      characters: rows.reduce((sum, row) => sum + row.events.length, 0),
      frontier: end === undefined ? Number.NEGATIVE_INFINITY : end.newest,
    };
    if (end === undefined) return;
    last = end;
  }
}

function copiesOf({ pack_id, events }: Row): Copy[] {
  const parsed: HotEvent[] = JSON.parse(events);
  const characters = Math.ceil(events.length / parsed.length);
  return parsed.map((event) => ({ event, stamp: stampOf(event.receivedAt, pack_id, event.index), characters }));
}
