/** How all of GraphQL reads timelines. */
import { resolveUser } from '../identity/resolve-user.ts';
import { decodeCursor, encodeCursor } from '../resolve/cursor.ts';
import { hashOf } from '../resolve/filters.ts';
import { startOf } from '../resolve/position.ts';
import { type Page, readTimeline, type TimelineQuery } from '../resolve/timeline.ts';
import type { QueryServices } from './services.ts';

/** What is left out is not filtered by, newest first. */
export type Reading = Partial<Omit<TimelineQuery, 'users' | 'first'>> & Pick<TimelineQuery, 'first'>;

/** The last time that a Date can hold, epoch milliseconds. */
const LATEST = 8_640_000_000_000_000;

const EVERYTHING = {
  from: null,
  to: null,
  types: null,
  events: null,
  sources: null,
  where: null,
  order: 'newest',
  after: null,
} as const;

/** One page. @throws InletError as `readTimeline` does */
export function readEvents(
  services: Pick<QueryServices, 'index' | 'asOf' | 'timeline'>,
  user: string,
  reading: Reading,
): Promise<Page> {
  return readTimeline(
    services.index,
    wholeQuery(user, reading),
    () => services.asOf(),
    services.timeline,
    (moment) => resolveUser(services.index, moment, user),
  );
}

/** A cursor of the same timeline at the same moment, before its first event. @throws InletError cursor_invalid */
export function rewind(cursor: string, user: string, reading: Reading): string {
  const query = wholeQuery(user, reading);
  const timeline = hashOf(query);
  return encodeCursor({ ...decodeCursor(cursor, timeline), ...startOf(LATEST) }, timeline);
}

function wholeQuery(user: string, reading: Reading): TimelineQuery {
  return { ...EVERYTHING, ...reading, users: [user] };
}
