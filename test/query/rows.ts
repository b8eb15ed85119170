/** Rows and questions for tests of the query room, in any runtime. */
import type { TimelineQuery } from '../../query/resolve/timeline.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { packId } from '../../schemas/pack.ts';

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
  return {
    message_id: 'm1',
    source: 'web',
    type: 'track',
    event: overrides.type === undefined || overrides.type === 'track' ? 'Viewed' : null,
    name: null,
    user_id: user,
    anonymous_id: null,
    user_key: user,
    group_id: null,
    previous_id: null,
    timestamp: T0,
    original_timestamp: null,
    sent_at: null,
    received_at: T0 + HOUR_MS,
    pack_id: pack(1),
    pack_index: 0,
    verdict: 'ok',
    verdict_code: null,
    page_url: null,
    page_path: null,
    page_title: null,
    page_referrer: null,
    campaign_source: null,
    campaign_medium: null,
    campaign_name: null,
    user_agent: null,
    browser: null,
    os: null,
    device: null,
    bot: false,
    ip: null,
    country: null,
    region: null,
    city: null,
    locale: null,
    library: null,
    products: null,
    properties: null,
    traits: null,
    context: null,
    body: null,
    body_bytes: null,
    body_sha256: null,
    other: null,
    ...overrides,
  };
}
