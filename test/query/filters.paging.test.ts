/** Pages with filters, in either order, against a plain model, while events and copies come in between. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeRows } from '../../query/index/write.ts';
import { comparisonOf } from '../../query/resolve/position.ts';
import { type PropertyFilter, propertyTest } from '../../query/resolve/property-filters.ts';
import { type Page, readTimeline, type TimelineQuery } from '../../query/resolve/timeline.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { HOUR_MS, MINUTE_MS, makeRow, openIndex, pack, T0, WHOLE_TIMELINE, watched } from './support.ts';

const MESSAGES = 40;

const sent = fc.record({
  message: fc.nat({ max: MESSAGES - 1 }),
  source: fc.constantFrom('web', 'app'),
  minutes: fc.nat({ max: 200 }),
  received: fc.nat({ max: 5 }),
  total: fc.constantFrom(null, 1, 2, 3, '2'),
});
const write = fc.array(sent, { minLength: 1, maxLength: 12 });
const filter: fc.Arbitrary<PropertyFilter> = fc.constantFrom<PropertyFilter[]>(
  { path: ['total'], equals: 2 },
  { path: ['total'], in: [1, '2'] },
  { path: ['total'], gt: 1 },
  { path: ['total'], lt: 3 },
  { path: ['total'], exists: false },
);
const wanted = fc.record({
  sources: fc.constantFrom(null, ['web'], ['app', 'web'], []),
  where: fc.option(fc.array(filter, { maxLength: 2 })),
  order: fc.constantFrom('newest' as const, 'oldest' as const),
  from: fc.constantFrom(null, T0 + 50 * MINUTE_MS),
  to: fc.constantFrom(null, T0 + 150 * MINUTE_MS),
  first: fc.integer({ min: 1, max: 5 }),
});

function rowsOf(events: readonly (typeof sent extends fc.Arbitrary<infer Sent> ? Sent : never)[], number: number) {
  return events.map(({ message, source, minutes, received, total }, pack_index) =>
    makeRow({
      ...{ message_id: `m${message}`, source, pack_id: pack(number), pack_index },
      timestamp: T0 + minutes * MINUTE_MS,
      received_at: T0 + 5 * HOUR_MS + received,
      properties: total === null ? null : JSON.stringify({ total }),
    }),
  );
}

/** What a timeline shows of these rows, as text. */
function expected(rows: readonly EventRow[], query: TimelineQuery): string[] {
  const winners = new Map<string, EventRow>();
  for (const row of rows) {
    const identity = `${row.source} ${row.message_id}`;
    const other = winners.get(identity);
    if (other === undefined || arrival(row) < arrival(other)) winners.set(identity, row);
  }
  const holds = propertyTest(query.where ?? []);
  return [...winners.values()]
    .filter(({ timestamp }) => timestamp >= (query.from ?? 0) && timestamp < (query.to ?? Number.MAX_SAFE_INTEGER))
    .filter(({ source }) => query.sources === null || query.sources.includes(source))
    .filter(({ properties }) => holds(JSON.parse(properties ?? 'null')))
    .map(({ timestamp, source, message_id }) => ({ timestamp, source, messageId: message_id }))
    .sort(comparisonOf(query.order))
    .map(labelOf);
}

const arrival = ({ received_at, pack_id, pack_index }: EventRow): string =>
  `${received_at} ${pack_id} ${String(pack_index).padStart(4, '0')}`;

const labelOf = (event: { timestamp: number; source: string; messageId: string }): string =>
  `${event.timestamp} ${event.source} ${event.messageId}`;

const labels = ({ edges }: Page): string[] => edges.map(({ event }) => labelOf(event));

test('what matched on page one comes exactly once and in order, whatever is written between the pages', async () => {
  const ran = fc.asyncProperty(
    fc.array(write, { maxLength: 6 }),
    fc.array(write, { maxLength: 4 }),
    wanted,
    async (before, between, filters) => {
      const index = openIndex();
      const query = { ...WHOLE_TIMELINE, ...filters };
      let number = 0;
      const visible: EventRow[] = [];
      for (const events of before) {
        const rows = rowsOf(events, number++);
        visible.push(...rows);
        await writeRows(index, rows);
      }
      const shown: string[] = [];
      const later = [...between];
      let after: string | null = null;
      do {
        const page: Page = await readTimeline(index, { ...query, after }, async () => T0);
        shown.push(...labels(page));
        after = page.hasNextPage ? page.endCursor : null;
        const events = later.pop();
        if (events !== undefined) await writeRows(index, rowsOf(events, number++));
      } while (after !== null);
      expect(shown).toEqual(expected(visible, query));
    },
  );
  await fc.assert(ran, { numRuns: 400 });
}, 30_000);

test.each(['newest', 'oldest'] as const)(
  'a search that matches little ends each page and goes on, %s',
  async (order) => {
    const index = openIndex();
    const text = 'x'.repeat(10_000);
    const rare = order === 'newest' ? 3 : 4_996;
    const rows = Array.from({ length: 5_000 }, (_, at) =>
      makeRow({
        ...{ message_id: `m${at}`, pack_id: pack(at), timestamp: T0 + at * 5_000 },
        properties: JSON.stringify({ text: at + text, rare: at === rare }),
      }),
    );
    await writeRows(index, rows);
    const { database, counter } = watched(index);
    const query = { ...WHOLE_TIMELINE, order, where: [{ path: ['rare'], equals: true }] };
    const first = await readTimeline(database, query, async () => T0);
    expect(first).toMatchObject({ edges: [], hasNextPage: true });
    expect(counter.reads).toBeLessThan(85);
    const found: string[] = [];
    let page = first;
    for (let pages = 1; page.hasNextPage && pages < 10; pages += 1) {
      page = await readTimeline(database, { ...query, after: page.endCursor }, async () => T0);
      found.push(...page.edges.map(({ event }) => event.messageId));
    }
    expect(page.hasNextPage).toBe(false);
    expect(found).toEqual([`m${rare}`]);
  },
);

test.each(['newest', 'oldest'] as const)(
  'rows that overlap by an hour, more than one statement gives, come in order, %s',
  async (order) => {
    const index = openIndex();
    const all: EventRow[] = [];
    for (let number = 0; number < 200; number += 1) {
      const rows = [0, 55].map((minutes, pack_index) =>
        makeRow({
          ...{ message_id: `m${number}-${minutes}`, pack_id: pack(number), pack_index },
          timestamp: T0 + number * 20_000 + minutes * MINUTE_MS,
        }),
      );
      all.push(...rows);
      await writeRows(index, rows);
    }
    const query = { ...WHOLE_TIMELINE, order, first: 150 };
    const shown: string[] = [];
    for (let after: string | null = null; ; ) {
      const page: Page = await readTimeline(index, { ...query, after }, async () => T0);
      shown.push(...labels(page));
      if (!page.hasNextPage) break;
      after = page.endCursor;
    }
    expect(shown).toEqual(expected(all, query));
  },
);

test('a cursor of one filter or order does not fit another', async () => {
  const index = openIndex();
  await writeRows(
    index,
    rowsOf(
      [0, 1].map((message) => ({ message, source: 'web', minutes: 0, received: 0, total: 1 })),
      1,
    ),
  );
  const query = { ...WHOLE_TIMELINE, where: [{ path: ['total'], equals: 1 }], first: 1 };
  const { endCursor: after } = await readTimeline(index, query, async () => T0);
  for (const other of [{ where: [{ path: ['total'], gt: 0 }] }, { sources: ['web'] }, { order: 'oldest' as const }]) {
    const asked = readTimeline(index, { ...query, ...other, after }, async () => T0);
    await expect(asked).rejects.toMatchObject({ code: 'cursor_invalid' });
  }
});
