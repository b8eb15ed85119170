/** How all of GraphQL reads timelines. */
import { type Page, readTimeline, type TimelineQuery } from '../resolve/timeline.ts';
import type { QueryServices } from './services.ts';

/** What is left out is not filtered by, newest first. */
export type Reading = Partial<Omit<TimelineQuery, 'user' | 'first'>> & Pick<TimelineQuery, 'first'>;

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
export function readEvents(services: QueryServices, user: string, reading: Reading): Promise<Page> {
  return readTimeline(services.index, wholeQuery(user, reading), () => services.asOf());
}

export function wholeQuery(user: string, reading: Reading): TimelineQuery {
  return { ...EVERYTHING, ...reading, user };
}
