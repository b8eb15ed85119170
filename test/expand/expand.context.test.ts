import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EventRow } from '../../schemas/columns.ts';
import { restoreContext } from '../../schemas/context.ts';
import type { JsonObject } from '../../schemas/event.ts';
import { expandParts, part, trackRow } from './packs.ts';

function restored(row: EventRow | undefined): JsonObject | null {
  return row === undefined ? null : restoreContext(row, JSON.parse(row.context ?? 'null'));
}

const BROWSER = {
  page: { url: 'https://a.example/b?c', path: '/b', title: 'B', referrer: '', search: '?c' },
  campaign: { source: 'mail', medium: 'news', name: 'july' },
  userAgent:
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
  locale: 'de-DE',
  library: { name: '@segment/analytics-next', version: '1.84.3' },
  ip: '203.0.113.9',
  groupId: 'g1',
};

test('what columns hold leaves the text of context, and restoreContext puts it back', () => {
  const row = trackRow({ context: BROWSER }, { userAgent: 'other', ip: '198.51.100.0' });
  expect(row).toMatchObject({
    page_url: BROWSER.page.url,
    page_referrer: null,
    campaign_name: 'july',
    user_agent: BROWSER.userAgent,
    browser: 'Chrome',
    os: 'macOS',
    device: 'desktop',
    bot: false,
    locale: 'de-DE',
    library: '@segment/analytics-next/1.84.3',
    ip: '203.0.113.9',
    group_id: 'g1',
  });
  expect(row.context).toBe('{"page":{"referrer":"","search":"?c"},"ip":"203.0.113.9","groupId":"g1"}');
  expect(restored(row)).toEqual(BROWSER);
});

test('the header of the request counts where context names no user agent, and is not put back into it', () => {
  const row = trackRow({ context: { app: {} } }, { userAgent: 'axios/1.7.2', ip: '198.51.100.0' });
  expect(row).toMatchObject({ user_agent: 'axios/1.7.2', bot: false, ip: '198.51.100.0' });
  expect(restored(row)).toEqual({ app: {} });
});

test('a crawler is a bot in the header and in context, a server library in the header is none', () => {
  const crawler = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';
  expect(trackRow({}, { userAgent: crawler }).bot).toBe(true);
  expect(trackRow({ context: { userAgent: crawler } }).bot).toBe(true);
  expect(trackRow({ context: { userAgent: 'curl/8.0' } }).bot).toBe(true);
  expect(trackRow({}, { userAgent: 'analytics-node-next/latest' }).bot).toBe(false);
});

test('a string longer than a column holds is cut there and stays whole in the text', () => {
  const title = 'é'.repeat(2_000);
  const row = trackRow({ context: { page: { title } } });
  expect(row.page_title).toBe(title.slice(0, 1_024));
  expect(row.context).toBe(JSON.stringify({ page: { title } }));
});

test('the context of a batch holds for each event where its own does not say otherwise', () => {
  const context = { locale: 'de', page: { url: 'https://a.example/' }, app: { build: 1 } };
  const own = { locale: 'en', page: { path: '/x' } };
  const event = { type: 'track', event: 'Clicked', userId: 'ada' };
  const [first, second] = expandParts(
    part('batch', { context, batch: [{ ...event, context: own }, event] }, { count: 2 }),
  );
  expect(restored(first)).toEqual({ ...context, ...own });
  expect(restored(second)).toEqual(context);
});

test('traits of an identify may stand in its context', () => {
  const call = (body: object) =>
    expandParts(part('single', { userId: 'ada', ...body }, { type: 'identify' }))[0]?.traits;
  expect(call({ context: { traits: { plan: 'pro' } } })).toBe('{"plan":"pro"}');
  expect(call({ traits: { plan: 'free' }, context: { traits: { plan: 'pro' } } })).toBe('{"plan":"free"}');
  expect(trackRow({ context: { traits: { plan: 'pro' } } }).traits).toBeNull();
});

/** Values that try every branch: what fits a column, what nearly does, and what does not. */
const value = fc.oneof(
  fc.string(),
  fc.constantFrom('a/b', '/', 'name', '', '\ud800', 'x'.repeat(1_025), null, 7, true),
  fc.jsonValue({ maxDepth: 1 }),
);
const someOf = (...names: string[]) =>
  fc.dictionary(fc.constantFrom(...names, 'other', '__proto__', 'toString'), value);
const contexts = fc.record(
  {
    page: fc.oneof(value, someOf('url', 'path', 'title', 'referrer')),
    campaign: fc.oneof(value, someOf('source', 'medium', 'name')),
    library: fc.oneof(value, someOf('name', 'version')),
    userAgent: value,
    locale: value,
    ip: value,
    groupId: value,
    other: value,
  },
  { requiredKeys: [] },
);

test('restoreContext gives back any context, whatever the request brought beside it', () => {
  const header = fc.constantFrom<{ userAgent?: string; ip?: string }>(
    {},
    { userAgent: 'axios/1.7', ip: '203.0.113.0' },
  );
  fc.assert(
    fc.property(contexts, header, (sent, beside) => {
      const context: JsonObject = JSON.parse(JSON.stringify(sent));
      expect(restored(trackRow({ context, groupId: 'own' }, beside))).toStrictEqual(context);
    }),
    { numRuns: 2_000 },
  );
  expect(restored(trackRow({}, { userAgent: 'axios/1.7' }))).toBeNull();
});
