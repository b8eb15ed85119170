/** Rows and questions for tests of the query room, in any runtime. */
import type { TimelineQuery } from '../../query/resolve/timeline.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { packId } from '../../schemas/pack.ts';
import { event } from '../lakehouse/rows.ts';

export const T0 = Date.UTC(2026, 0, 31, 10);
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

export const WHOLE_TIMELINE: TimelineQuery = {
  ...{ users: ['ann'], from: null, to: null, types: null, events: null, sources: null, where: null },
  ...{ order: 'newest', first: 50, after: null },
};

/** Pack ids that sort by number. */
export function pack(number: number): string {
  return packId('0123456789abcde', number);
}

/** A track call of user `ann`, unless told otherwise. */
export function makeRow(overrides: Partial<EventRow> = {}): EventRow {
  const user = overrides.user_key ?? 'ann';
  return event({
    ...{ source: 'web', message_id: 'm1', user_key: user, user_id: user, pack_id: pack(1) },
    event: overrides.type === undefined || overrides.type === 'track' ? 'Viewed' : null,
    ...{ timestamp: T0, received_at: T0 + HOUR_MS },
    ...overrides,
  });
}
