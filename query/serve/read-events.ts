/** How all of GraphQL reads timelines. */
import { resolveUser } from '../identity/resolve-user.ts';
import { type Counts, countEvents } from '../resolve/count.ts';
import { type Page, readTimeline, type TimelineQuery } from '../resolve/timeline.ts';
import type { QueryServices } from './services.ts';

/** What is left out is not filtered by, newest first. */
export type Reading = Partial<Omit<TimelineQuery, 'users' | 'first'>> & Pick<TimelineQuery, 'first'>;

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
    { ...EVERYTHING, ...reading, users: [user] },
    () => services.asOf(),
    services.timeline,
    (moment) => resolveUser(services.index, moment, user),
  );
}

/** How many there are on all pages, at the moment of this one. @throws InletError as `readTimeline` does */
export function countOf(
  services: Pick<QueryServices, 'index' | 'timeline'>,
  user: string,
  reading: Reading,
  page: Page,
): Promise<Counts> {
  return countEvents(services.index, wholeQuery(user, reading), page, services.timeline);
}

function wholeQuery(user: string, reading: Reading): TimelineQuery {
  return { ...EVERYTHING, ...reading, users: [user] };
}
