/**
 * How many events a timeline has. They are counted as they would be shown where that is no more work than a page; where
 * there are more, they are told from how many rows files and index have.
 */
import type { HotIndex } from '../../platform/ports.ts';
import type { TimelineSource } from '../timeline/files.ts';
import { knownGroups, NO_GROUPS } from '../timeline/known-groups.ts';
import { Candidates } from './candidates.ts';
import type { Copy } from './copy.ts';
import { decodeCursor } from './cursor.ts';
import { estimate } from './estimate.ts';
import { type Filters, hashOf, matcher } from './filters.ts';
import type { Scan } from './merged-scan.ts';
import { coldRange, rangeOf, readStores, type Stores, scanOf } from './stores.ts';
import { type Cell, Tally } from './tally.ts';
import { type Page, READING_MAX, type TimelineQuery } from './timeline.ts';
import { winnersOf } from './winners.ts';

export interface Counts {
  /** Whether every event was looked at. Else there are about so many; where filters look into events, at least so many. */
  readonly isExact: boolean;
  /** One of each day and type, in no order. */
  readonly cells: readonly Cell[];
}

/** Winners that are looked up at once. */
const DECIDED_AT_ONCE = 1_000;

/**
 * @param query that the page was read with
 * @param page of it: the events of all pages are counted, as they were at its moment
 * @throws InletError as `readTimeline` does
 */
export async function countEvents(
  database: HotIndex,
  query: TimelineQuery,
  page: Pick<Page, 'edges' | 'hasNextPage' | 'startCursor'>,
  files: TimelineSource | null = null,
): Promise<Counts> {
  if (query.after === null && !page.hasNextPage) {
    const tally = new Tally();
    for (const { event } of page.edges) tally.add(event);
    return { isExact: true, cells: tally.cells() };
  }
  const start = (secret: string) => decodeCursor(page.startCursor, hashOf(query), secret);
  const resolve = async (): Promise<readonly string[]> => query.users;
  return readStores(database, files, start, query.users, resolve, (stores, users) =>
    countStores(stores, { ...query, users, order: 'newest' }),
  );
}

async function countStores(stores: Stores, query: Filters): Promise<Counts> {
  const range = rangeOf(query);
  const cold = coldRange(stores, range);
  const groups = cold === null ? NO_GROUPS : await knownGroups(cold, query.users);
  const looksInside = query.events !== null || query.sources !== null || query.where !== null;
  if (looksInside || groups.rows <= READING_MAX.rows) {
    const tally = new Tally();
    const end = await read(stores, scanOf(stores, query.users, range, 'newest'), query, tally);
    if (end === null || looksInside) return { isExact: end === null, cells: tally.cells() };
  }
  // What has not left the index is read, as far as that goes.
  const hot = { newest: range.newest, oldest: cold === null ? range.oldest : cold.newest + 1 };
  const tally = new Tally();
  const inIndex = scanOf({ ...stores, files: null }, query.users, hot, 'newest');
  const end = await read(stores, inIndex, { ...query, from: hot.oldest }, tally);
  await estimate(stores, query, { hot, end, cold, groups }, tally);
  return { isExact: false, cells: tally.cells() };
}

/**
 * Counts what the scan finds, newest first, up to READING_MAX.
 *
 * @returns null where that was all, else the time down to which events are counted
 */
async function read(stores: Stores, scan: Scan, query: Filters, tally: Tally): Promise<number | null> {
  const matches = matcher(query, null);
  const candidates = new Candidates('newest');
  const spent = { rows: 0, characters: 0 };
  let last: Copy | undefined;
  for (let chunk = await scan.next(); chunk !== null; chunk = await scan.next()) {
    spent.rows += chunk.rows;
    spent.characters += chunk.characters;
    candidates.add(chunk.copies.filter(matches), Number.POSITIVE_INFINITY);
    for (;;) {
      const decided = candidates.take(DECIDED_AT_ONCE, chunk.frontier);
      if (decided.length === 0) break;
      const winners = await winnersOf(stores, decided, last);
      for (const { event } of winners) tally.add(event);
      last = winners.at(-1) ?? last;
    }
    const isSpent = spent.rows >= READING_MAX.rows || spent.characters >= READING_MAX.characters;
    if (isSpent && Number.isFinite(chunk.frontier)) return chunk.frontier;
  }
  return null;
}
