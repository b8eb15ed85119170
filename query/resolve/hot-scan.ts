import type { Database } from '../../platform/ports.ts';
import { decodeEvents, type HotEvent } from '../index/hot-events.ts';
import { ROW_SPAN_MS } from '../index/hot-rows.ts';
import type { Slot } from '../index/state.ts';
import { bucketOf, eventsOfUser, userHash } from '../index/users.ts';
import { select } from './select.ts';

/** Rows a statement looks at. Few hold the user: then more at a time, within what memory takes. */
const CHUNK_ROWS = { first: 64, most: 512 };
const CHUNK_CHARACTERS = 1_048_576;

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
  content: string;
  /** Null where the row holds nothing of the user. */
  users: string | null;
  events: string | null;
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
  const [bucket, hash] = [bucketOf(user), userHash(user)];
  // The other users' rows come without their text, which is then not even read: a chunk has a bound whoever shares the
  // bucket. No subquery: it would read the text of all.
  const sql = `select newest, content,
      case when instr(users, ?1) > 0 then users end as users,
      case when instr(users, ?1) > 0 then events end as events
    from events_${slot}
    where bucket = ?2 and (newest, content) < (?3, ?4) and newest >= ?5 and oldest <= ?6
    order by newest desc, content desc limit ?7`;
  let last = { newest: newest + ROW_SPAN_MS + 1, content: '' };
  let limit = CHUNK_ROWS.first;
  for (;;) {
    const below = [last.newest, last.content];
    const rows = await select<Row>(database, sql, ` ${hash}:`, bucket, ...below, oldest, newest, limit);
    const end = rows.length < limit ? undefined : rows.at(-1);
    const texts = rows.flatMap(({ users, events }) => eventsOfUser(users ?? '', events ?? '', hash) ?? []);
    const characters = rows.reduce((sum, { events }) => sum + (events?.length ?? 0), 0);
    yield {
      copies: texts.flatMap((text) => copiesOf(text, user)),
      rows: rows.length,
      characters,
      frontier: end === undefined ? Number.NEGATIVE_INFINITY : end.newest,
    };
    if (end === undefined) return;
    last = end;
    if (characters < CHUNK_CHARACTERS) limit = Math.min(CHUNK_ROWS.most, limit * 2);
    else limit = CHUNK_ROWS.first;
  }
}

function copiesOf(text: string, user: string): Copy[] {
  // Users whose hashes are the same share a place.
  return decodeEvents(text)
    .filter(({ userId, anonymousId }) => (userId ?? anonymousId) === user)
    .map((event) => ({ event, stamp: event.stamp, characters: event.characters }));
}
