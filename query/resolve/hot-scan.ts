import type { Database, HotIndex } from '../../platform/ports.ts';
import { InletError } from '../../schemas/errors.ts';
import { decodeEvents, type HotEvent } from '../index/hot-events.ts';
import { ROW_SPAN_MS } from '../index/hot-rows.ts';
import { databaseOf, type Layout, shardOf } from '../index/shards.ts';
import { bucketOf, eventsOfUser, userHash } from '../index/users.ts';
import type { Chunk, Scan } from './merged-scan.ts';
import type { Order } from './position.ts';
import { select } from './select.ts';

/** Rows a statement gives. More at a time when they hold little, within what memory takes. */
const CHUNK_ROWS = { first: 64, most: 512 };
const CHUNK_CHARACTERS = 1_048_576;

/** One row in so many comes whoever it belongs to. `content` is a hash: 4 of the 64 characters it begins with are below. */
const SAMPLE = { below: '3', one_in: 16 };

/** One copy of an event, as found in a hot row or in a file of the timeline. */
export interface Copy {
  readonly event: HotEvent;
  readonly stamp: string;
  /** About how much JSON it is. */
  readonly characters: number;
  /** Whether it is from a file: the hot index may know nothing of it. */
  readonly isCold: boolean;
}

interface Row {
  newest: number;
  content: string;
  /** Null where the row holds nothing of the user. */
  users: string | null;
  events: string | null;
}

/**
 * Copies of one user's events between `newest` and `oldest` (both included, epoch milliseconds), from either end, in
 * chunks of rows. A row may hold events on either side too, so copies beyond are among them.
 */
export class HotScan implements Scan {
  readonly #database: Database;
  readonly #user: string;
  readonly #newest: number;
  readonly #oldest: number;
  readonly #order: Order;
  readonly #sql: string;
  #last: { readonly newest: number; readonly content: string } | null;
  #limit = CHUNK_ROWS.first;

  /** @throws InletError index_away where the database that has the user is missing */
  constructor(
    index: HotIndex,
    { slot, shards }: Layout,
    user: string,
    newest: number,
    oldest: number,
    order: Order = 'newest',
  ) {
    this.#database = databaseFor(index, shards, user);
    this.#user = user;
    this.#newest = newest;
    this.#oldest = oldest;
    this.#order = order;
    const isNewest = order === 'newest';
    this.#last = { newest: isNewest ? newest + ROW_SPAN_MS + 1 : oldest, content: '' };
    const direction = isNewest ? 'desc' : 'asc';
    // A bucket is shared by many users. Giving out a row costs as much as looking at it, so of the others' rows only the
    // sample comes: with it a statement ends after some time even where nothing is of the user. They come without their
    // text, which is then not even read. No subquery: it would read the text of all.
    this.#sql = `select newest, content,
        case when instr(users, ?1) > 0 then users end as users,
        case when instr(users, ?1) > 0 then events end as events
      from events_${slot}
      where bucket = ?2 and (newest, content) ${isNewest ? '<' : '>'} (?3, ?4) and newest >= ?5 and oldest <= ?6
        ${isNewest ? '' : `and newest <= ?6 + ${ROW_SPAN_MS}`}
        and (content < '${SAMPLE.below}' or instr(users, ?1) > 0)
      order by newest ${direction}, content ${direction} limit ?7`;
  }

  /** @returns null when none is left */
  async next(): Promise<Chunk | null> {
    if (this.#last === null) return null;
    const rows = await select<Row>(
      this.#database,
      this.#sql,
      ` ${userHash(this.#user)}:`,
      bucketOf(this.#user),
      this.#last.newest,
      this.#last.content,
      this.#oldest,
      this.#newest,
      this.#limit,
    );
    return this.#chunkOf(rows);
  }

  #chunkOf(rows: readonly Row[]): Chunk {
    const hash = userHash(this.#user);
    const copies: Copy[] = [];
    let [characters, sampled] = [0, 0];
    for (const { content, users, events } of rows) {
      if (content < SAMPLE.below) sampled += 1;
      const text = eventsOfUser(users ?? '', events ?? '', hash);
      if (text === null) continue;
      characters += events?.length ?? 0;
      copies.push(...copiesOf(text, this.#user));
    }
    this.#last = (rows.length < this.#limit ? null : rows.at(-1)) ?? null;
    this.#limit = characters < CHUNK_CHARACTERS ? Math.min(CHUNK_ROWS.most, this.#limit * 2) : CHUNK_ROWS.first;
    return { copies, rows: Math.max(rows.length, sampled * SAMPLE.one_in), characters, frontier: this.#frontier() };
  }

  #frontier(): number {
    if (this.#order === 'newest') return this.#last?.newest ?? Number.NEGATIVE_INFINITY;
    // Rows are in the order of their newest events, and reach down an hour.
    return this.#last === null ? Number.POSITIVE_INFINITY : this.#last.newest - ROW_SPAN_MS;
  }
}

function copiesOf(text: string, user: string): Copy[] {
  // Users whose hashes are the same share a place.
  return decodeEvents(text)
    .filter(({ userId, anonymousId }) => (userId ?? anonymousId) === user)
    .map((event) => ({ event, stamp: event.stamp, characters: event.characters, isCold: false }));
}

/** @throws InletError index_away where the database that has the user is missing */
export function databaseFor(index: HotIndex, shards: number, user: string): Database {
  try {
    return databaseOf(index, shardOf(bucketOf(user), shards));
  } catch (cause) {
    throw new InletError('index_away', { cause });
  }
}
