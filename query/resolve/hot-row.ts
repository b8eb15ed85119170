/** What scans of the hot index have in common. */
import { decodeEvents } from '../index/hot-events.ts';
import { ROW_SPAN_MS } from '../index/hot-rows.ts';
import { eventsOfUser, userHash } from '../index/users.ts';
import type { Copy } from './copy.ts';
import type { Order } from './position.ts';

/** Rows a statement gives. More at a time when they hold little, within what memory takes. */
export const CHUNK_ROWS = { first: 64, most: 512 };
export const CHUNK_CHARACTERS = 1_048_576;

/** Events of one user key between two times, both included, epoch milliseconds, from either end. */
export interface HotQuery {
  readonly user: string;
  readonly newest: number;
  readonly oldest: number;
  readonly order: Order;
}

/** The scan begins with the rows whose newest event is below this, or not below it where it goes from the oldest on. */
export function beginOf({ order, newest, oldest }: HotQuery): number {
  return order === 'newest' ? newest + ROW_SPAN_MS + 1 : oldest;
}

/** @param users and @param events as in the row */
export function copiesIn(users: string, events: string, user: string): Copy[] {
  const text = eventsOfUser(users, events, userHash(user));
  if (text === null) return [];
  // Users whose hashes are the same share a place.
  return decodeEvents(text)
    .filter(({ userId, anonymousId }) => (userId ?? anonymousId) === user)
    .map((event) => ({ event, stamp: event.stamp, characters: event.characters, isCold: false }));
}

/**
 * What comes after a row holds nothing before this. Rows are in the order of their newest events, and reach down an hour.
 *
 * @param newest of the last row; null where no other comes
 */
export function frontierOf(order: Order, newest: number | null): number {
  if (newest === null) return order === 'newest' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return order === 'newest' ? newest : newest - ROW_SPAN_MS;
}
