import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeRows } from '../../query/index/write.ts';
import { type Page, readTimeline, type TimelineQuery } from '../../query/resolve/timeline.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { HOUR_MS, makeRow, openIndex, pack, T0, WHOLE_TIMELINE } from './support.ts';

const USERS = ['ann', 'ann-phone', 'ann-laptop'];

const draft = fc.record({
  user: fc.constantFrom(...USERS, 'bob'),
  id: fc.integer({ min: 0, max: 30 }),
  minutes: fc.integer({ min: 0, max: 300 }),
  arrival: fc.integer({ min: 0, max: 5 }),
});
type Draft = typeof draft extends fc.Arbitrary<infer Value> ? Value : never;

function rowOf({ user, id, minutes, arrival }: Draft, place: number): EventRow {
  return makeRow({
    ...{ user_key: user, user_id: user, message_id: `m${id}`, pack_id: pack(arrival), pack_index: place },
    ...{ timestamp: T0 + minutes * 60_000, received_at: T0 + 10 * HOUR_MS + arrival },
  });
}

/** One a message id: that of the smallest stamp, where one of these users has it. */
function model(rows: readonly EventRow[], query: TimelineQuery): string[] {
  const byArrival = rows.toSorted((a, b) => a.received_at - b.received_at || a.pack_index - b.pack_index);
  const winners = new Map<string, EventRow>();
  for (const row of byArrival) if (!winners.has(row.message_id)) winners.set(row.message_id, row);
  const sign = query.order === 'newest' ? -1 : 1;
  return [...winners.values()]
    .filter(({ user_key }) => query.users.includes(user_key))
    .sort((a, b) => sign * (a.timestamp - b.timestamp) || (a.message_id < b.message_id ? -1 : 1))
    .map(({ message_id }) => message_id);
}

test('the pages of several keys are one timeline: each event once, in order, whatever comes between', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(draft, { minLength: 1, maxLength: 60 }),
      fc.array(draft, { maxLength: 20 }),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom('newest', 'oldest'),
      fc.integer({ min: 1, max: 3 }),
      async (drafts, later, first, order, keys) => {
        const index = openIndex();
        const rows = drafts.map(rowOf);
        await writeRows(index, rows);
        const query = { ...WHOLE_TIMELINE, users: USERS.slice(0, keys), order, first };
        const shown: string[] = [];
        let page: Page = await readTimeline(index, query, async () => T0);
        await writeRows(
          index,
          later.map((more, place) => rowOf(more, 100 + place)),
        );
        for (;;) {
          shown.push(...page.edges.map(({ event }) => event.messageId));
          if (!page.hasNextPage) break;
          // Whoever is joined to the person meanwhile: the keys of page one count.
          const joined = { ...query, users: ['ann', 'bob'], after: page.endCursor };
          page = await readTimeline(index, joined, async () => T0);
        }
        expect(shown).toEqual(model(rows, query));
      },
    ),
    { numRuns: 150 },
  );
});

test('a person with a hundred keys has a timeline, with more the question is refused', async () => {
  const index = openIndex();
  const keys = [
    'ann',
    ...Array.from({ length: 99 }, (_, place) => `8b1c2a34-0000-4000-8000-${String(place).padStart(12, '0')}`),
  ];
  await writeRows(
    index,
    keys.map((key, place) => rowOf({ user: key, id: place, minutes: place, arrival: 0 }, place)),
  );
  const query = { ...WHOLE_TIMELINE, users: keys, first: 60 };
  const one = await readTimeline(index, query, async () => T0);
  const two = await readTimeline(index, { ...query, after: one.endCursor }, async () => T0);
  expect([one.edges.length, two.edges.length, two.hasNextPage]).toEqual([60, 40, false]);
  const tooMany = readTimeline(index, { ...query, users: [...keys, 'one more'] }, async () => T0);
  await expect(tooMany).rejects.toMatchObject({ code: 'query_too_costly' });
});
