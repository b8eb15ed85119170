import type { HotIndex } from '../../platform/ports.ts';
import { InletError } from '../../schemas/errors.ts';
import type { TimelineSnapshot } from '../../schemas/timeline.ts';
import type { HotEvent } from '../index/hot-events.ts';
import { identityOf } from '../index/identity.ts';
import { ColdScan } from '../timeline/cold-scan.ts';
import type { TimelineSource } from '../timeline/files.ts';
import { withTimeline } from '../timeline/with-timeline.ts';
import { Candidates } from './candidates.ts';
import { type Cursor, decodeCursor, encodeCursor } from './cursor.ts';
import { type Filters, hashOf, matcher } from './filters.ts';
import { type Copy, HotScan } from './hot-scan.ts';
import { MergedScan } from './merged-scan.ts';
import { atOneMoment, type Moment } from './moment.ts';
import { type Position, startOf } from './position.ts';
import { keepWinners } from './winners.ts';

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
const PAGE_ROWS_MAX = 20_000;
const PAGE_CHARACTERS_READ_MAX = 32 * 1_048_576;
/** Most JSON that a page holds. */
const PAGE_CHARACTERS_MAX = 8 * 1_048_576;
/** The last time that a Date can hold, epoch milliseconds; its negative is the first. */
const LATEST = 8_640_000_000_000_000;
/** Most keys of one person, and characters in them: the cursor carries them. */
const USERS_MAX = { keys: 100, characters: 16_384 };
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
  // Looked for before the moment: of what a version holds, the index has nothing still to come.
  await files?.renew();
  return atOneMoment(database, async (current) => {
    const after = query.after === null ? null : decodeCursor(query.after, timeline, current.cursorSecret);
    const asOf = after?.asOf ?? asked;
    const users = after === null ? await resolve(current) : usersOf(after, query.users);
    checkUsers(users);
    const { found, version, sequence } = await withTimeline(
      files,
      after?.version ?? null,
      current.dropped,
      async (snapshot) => {
        const version = snapshot?.version ?? 0;
        // What page one read of the files has expired: from here on the reading shows another moment.
        const sequence = after?.version === version ? after.sequence : current.sequence;
        const stores = { database, files, timeline: snapshot, moment: { ...current, sequence } };
        return { found: await readPage(stores, { ...query, users }, after), version, sequence };
      },
    );
    const { shown, next } = found;
    const kept = { sequence, asOf, version, users: users.length > 1 ? users : [] };
    const cursor = ({ timestamp, source, messageId }: Position): string =>
      encodeCursor({ timestamp, source, messageId, ...kept }, timeline, current.cursorSecret);
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

/** The keys of page one, whoever was joined to that person or parted from them meanwhile. */
function usersOf({ users }: Cursor, asked: readonly string[]): readonly string[] {
  return users.length > 0 ? users : asked.slice(0, 1);
}

function checkUsers(users: readonly string[]): void {
  const characters = users.reduce((sum, { length }) => sum + length, 0);
  if (users.length > 1 && (users.length > USERS_MAX.keys || characters > USERS_MAX.characters)) {
    throw new InletError('query_too_costly');
  }
}

interface Found {
  readonly shown: Copy[];
  /** Behind which the next page begins; null where there is none. */
  readonly next: Position | null;
}

/** Where a page is read from. */
interface Stores {
  readonly database: HotIndex;
  readonly moment: Moment;
  readonly files: TimelineSource | null;
  readonly timeline: TimelineSnapshot | null;
}

async function readPage(stores: Stores, query: TimelineQuery, after: Cursor | null): Promise<Found> {
  const { database, moment, files, timeline } = stores;
  const { users, order } = query;
  const isNewest = order === 'newest';
  const from = query.from ?? -LATEST;
  const to = (query.to ?? LATEST) - 1;
  const newest = isNewest ? Math.min(after?.timestamp ?? LATEST, to) : to;
  const oldest = isNewest ? from : Math.max(after?.timestamp ?? -LATEST, from);
  const matches = matcher(query, after);
  const candidates = new Candidates(order);
  const shown: Copy[] = [];
  let room = PAGE_CHARACTERS_MAX;
  let rows = 0;
  let charactersRead = 0;
  let last: Position | null = null;

  const hot = users.map((user) => new HotScan(database, moment, user, newest, oldest, order));
  // What is newer than all that has left is in the index: files are opened only for what lies behind that.
  const newestCold = Math.min(newest, moment.droppedNewest ?? Number.NEGATIVE_INFINITY);
  const cold =
    files === null || timeline === null || newestCold < oldest
      ? []
      : users.map((user) => new ColdScan(files, timeline, user, newestCold, oldest, order));
  const scan = new MergedScan([...hot, ...cold], order);
  for (let chunk = await scan.next(); chunk !== null; chunk = await scan.next()) {
    rows += chunk.rows;
    charactersRead += chunk.characters;
    candidates.add(chunk.copies.filter(matches), room);

    // One more than asked for tells whether there is a next page.
    while (shown.length <= query.first) {
      const decided = candidates.take(query.first + 1 - shown.length, chunk.frontier);
      if (decided.length === 0) break;
      last = decided.at(-1)?.event ?? last;
      const winners = withoutCopies(shown.at(-1), await keepWinners(database, moment, decided.map(withIdentity)));
      shown.push(...winners);
      room -= winners.reduce((sum, { characters }) => sum + characters, 0);
    }
    if (shown.length > query.first) {
      const page = shown.slice(0, query.first);
      return { shown: page, next: page.at(-1)?.event ?? null };
    }
    if (candidates.cut && candidates.size === 0) return { shown, next: last };
    const spent = rows >= PAGE_ROWS_MAX || charactersRead >= PAGE_CHARACTERS_READ_MAX || room <= 0;
    if (!spent || !Number.isFinite(chunk.frontier)) continue;
    if (isNewest ? chunk.frontier < newest : chunk.frontier > oldest) return { shown, next: startOf(chunk.frontier) };
    if (rows >= STEP_ROWS_MAX) throw new InletError('query_too_costly');
  }
  return { shown, next: null };
}

/** At one place, the index and the timeline may each have a copy that counts for them: the first to arrive counts. */
function withoutCopies(before: Copy | undefined, winners: readonly Copy[]): Copy[] {
  return winners.filter(({ event }, place) => {
    const last = (place === 0 ? before : winners[place - 1])?.event;
    return last?.timestamp !== event.timestamp || last.source !== event.source || last.messageId !== event.messageId;
  });
}

function withIdentity(copy: Copy): Copy & { readonly identity: string } {
  return { ...copy, identity: identityOf(copy.event.source, copy.event.messageId) };
}
