import type { HotIndex } from '../../platform/ports.ts';
import { InletError } from '../../schemas/errors.ts';
import type { HotEvent } from '../index/hot-events.ts';
import type { TimelineSource } from '../timeline/files.ts';
import { Candidates } from './candidates.ts';
import type { Copy } from './copy.ts';
import { type Cursor, decodeCursor, encodeCursor } from './cursor.ts';
import { type Filters, hashOf, matcher } from './filters.ts';
import type { Moment } from './moment.ts';
import { type Position, startOf } from './position.ts';
import { LATEST, rangeOf, readStores, type Stores, scanOf, versionOf } from './stores.ts';
import { winnersOf } from './winners.ts';

export interface TimelineQuery extends Filters {
  readonly first: number;
  readonly after: string | null;
}

export interface Page {
  readonly edges: readonly { readonly cursor: string; readonly event: HotEvent }[];
  readonly hasNextPage: boolean;
  /** Before the first event of the timeline, at the moment of this page. */
  readonly startCursor: string;
  /** Where the next page goes on; not always that of the last edge. */
  readonly endCursor: string | null;
  /** Every event acknowledged before this time is in the timeline, epoch milliseconds. */
  readonly asOf: number;
}

export const FIRST_DEFAULT = 50;
export const FIRST_MAX = 1_000;

/** A page that has looked at this many rows of its bucket, or read this much, comes short. */
export const READING_MAX = { rows: 20_000, characters: 32 * 1_048_576 };
/** Most JSON that a page holds. */
const PAGE_CHARACTERS_MAX = 8 * 1_048_576;
/** No page goes without a step forward, unless that takes more than this many rows of one hour. */
const STEP_ROWS_MAX = 100_000;

/**
 * One page of a person's timeline: in the order asked for, each event once.
 *
 * The pages that follow one another show the moment of the first one: every event that was there then comes exactly once,
 * one that comes later does not come before the timeline is read anew. (When the index is rebuilt in between, or the
 * files that page one read have expired, one that came later may come, at most once; and one of which an earlier copy came
 * meanwhile may be missed.)
 *
 * @param files of the timeline, which hold what has left the hot index; null where nothing ever leaves
 * @param resolve says on page one which keys make up the person; where it is left out, those of the query do
 * @param askAsOf asked on page one; it holds for the pages that follow
 * @throws InletError page_too_large, filter_invalid, cursor_invalid, index_away; query_too_costly where too many events of a user lie in
 * one hour to be put in order, or one person has too many keys.
 */
export async function readTimeline(
  database: HotIndex,
  query: TimelineQuery,
  askAsOf: () => Promise<number>,
  files: TimelineSource | null = null,
  resolve: (moment: Moment) => Promise<readonly string[]> = async () => query.users,
): Promise<Page> {
  if (!(query.first >= 1 && query.first <= FIRST_MAX)) throw new InletError('page_too_large');
  const timeline = hashOf(query);
  // Before the reading: the answer may then hold more than this says, but never less.
  const asked = query.after === null ? await askAsOf() : 0;
  const cursorOf = (secret: string): Cursor | null =>
    query.after === null ? null : decodeCursor(query.after, timeline, secret);
  return readStores(database, files, cursorOf, query.users, resolve, async (stores, users, after) => {
    const asOf = after?.asOf ?? asked;
    const { shown, next } = await readPage(stores, { ...query, users }, after);
    const { sequence, cursorSecret } = stores.moment;
    const version = versionOf(stores.timeline);
    const kept = { sequence, asOf, version, users: users.length > 1 ? users : [] };
    const cursor = ({ timestamp, source, messageId }: Position): string =>
      encodeCursor({ timestamp, source, messageId, ...kept }, timeline, cursorSecret);
    // Cursors are made when they are asked for: most questions want none, or the last.
    const edges = shown.map(({ event }) => ({
      event,
      get cursor() {
        return cursor(event);
      },
    }));
    return {
      edges,
      hasNextPage: next !== null,
      get startCursor() {
        return cursor(startOf(query.order === 'newest' ? LATEST : -LATEST));
      },
      get endCursor() {
        return next === null ? (edges.at(-1)?.cursor ?? null) : cursor(next);
      },
      asOf,
    };
  });
}

interface Found {
  readonly shown: Copy[];
  /** Behind which the next page begins; null where there is none. */
  readonly next: Position | null;
}

async function readPage(stores: Stores, query: TimelineQuery, after: Cursor | null): Promise<Found> {
  const { users, order } = query;
  const isNewest = order === 'newest';
  const whole = rangeOf(query);
  const newest = isNewest ? Math.min(after?.timestamp ?? LATEST, whole.newest) : whole.newest;
  const oldest = isNewest ? whole.oldest : Math.max(after?.timestamp ?? -LATEST, whole.oldest);
  const matches = matcher(query, after);
  const candidates = new Candidates(order);
  const shown: Copy[] = [];
  let room = PAGE_CHARACTERS_MAX;
  let rows = 0;
  let charactersRead = 0;
  let last: Position | null = null;

  const scan = scanOf(stores, users, { newest, oldest }, order);
  for (let chunk = await scan.next(); chunk !== null; chunk = await scan.next()) {
    rows += chunk.rows;
    charactersRead += chunk.characters;
    candidates.add(chunk.copies.filter(matches), room);

    // One more than asked for tells whether there is a next page.
    while (shown.length <= query.first) {
      const decided = candidates.take(query.first + 1 - shown.length, chunk.frontier);
      if (decided.length === 0) break;
      last = decided.at(-1)?.event ?? last;
      const winners = await winnersOf(stores, decided, shown.at(-1));
      shown.push(...winners);
      room -= winners.reduce((sum, { characters }) => sum + characters, 0);
    }
    if (shown.length > query.first) {
      const page = shown.slice(0, query.first);
      return { shown: page, next: page.at(-1)?.event ?? null };
    }
    if (candidates.cut && candidates.size === 0) return { shown, next: last };
    const spent = rows >= READING_MAX.rows || charactersRead >= READING_MAX.characters || room <= 0;
    if (!spent || !Number.isFinite(chunk.frontier)) continue;
    if (isNewest ? chunk.frontier < newest : chunk.frontier > oldest) return { shown, next: startOf(chunk.frontier) };
    if (rows >= STEP_ROWS_MAX) throw new InletError('query_too_costly');
  }
  return { shown, next: null };
}
