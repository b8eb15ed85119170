/** How many events there are: the same as all pages show, and as the log says. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeRows } from '../../query/index/write.ts';
import { countEvents } from '../../query/resolve/count.ts';
import { type Page, readTimeline } from '../../query/resolve/timeline.ts';
import type { EventRow } from '../../schemas/columns.ts';
import type { EventType } from '../../schemas/event.ts';
import { winners } from '../equivalence/timeline.model.ts';
import { MINUTE_MS, makeRow, pack, T0, WHOLE_TIMELINE } from '../query/support.ts';
import { History, step, USERS, WITHIN_GRACE_MINUTES } from './history.ts';

const query = fc.record({
  first: fc.integer({ min: 1, max: 6 }),
  order: fc.constantFrom('newest' as const, 'oldest' as const),
  users: fc.constantFrom(['ann'], USERS),
  types: fc.constantFrom<(readonly EventType[] | null)[]>(null, ['track'], ['page', 'screen']),
  from: fc.constantFrom(null, T0 + 10 * MINUTE_MS),
  to: fc.constantFrom(null, T0 + 30 * MINUTE_MS),
});
type Query = typeof query extends fc.Arbitrary<infer Value> ? Value : never;

/** By type, as the log says. */
function due(rows: readonly EventRow[], taken_back: readonly string[], { users, types, from, to }: Query): object {
  const counted = winners(rows).filter(
    ({ user_key, type, timestamp, message_id }) =>
      users.includes(user_key) &&
      !taken_back.includes(message_id) &&
      (types === null || types.some((one) => one === type)) &&
      timestamp >= (from ?? 0) &&
      timestamp < (to ?? Number.MAX_SAFE_INTEGER),
  );
  return countBy(counted.map(({ type }) => ({ type, count: 1 })));
}

function countBy(cells: readonly { readonly type: string; readonly count: number }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { type, count } of cells) counts[type] = (counts[type] ?? 0) + count;
  return counts;
}

const retractionOf = (message_id: string, place: number): EventRow =>
  makeRow({
    ...{ type: 'retraction', message_id: `r${place}`, name: 'web', previous_id: message_id, timestamp: 0 },
    ...{ user_key: 'support', pack_id: pack(900), pack_index: place },
  });

test('any page counts what was there on page one, whatever came, left, was merged and taken back', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 20 }),
      fc.array(step, { maxLength: 4 }),
      fc.uniqueArray(fc.nat(14), { maxLength: 2 }),
      query,
      async (past, between, ids, wanted) => {
        const history = new History();
        const { world } = history;
        await history.play(past);
        const taken_back = ids.map((id) => `m${String(id).padStart(2, '0')}`);
        await writeRows(world.index, taken_back.map(retractionOf));
        history.limit(WITHIN_GRACE_MINUTES);
        const expected = due(world.rows, taken_back, wanted);
        const whole = { ...WHOLE_TIMELINE, ...wanted };
        for (let after: string | null = null; ; ) {
          const at = { ...whole, after };
          const page: Page = await readTimeline(world.index, at, async () => T0, world.source);
          const { isExact, cells } = await countEvents(world.index, at, page, world.source);
          expect([isExact, countBy(cells)]).toEqual([true, expected]);
          if (!page.hasNextPage) return;
          after = page.endCursor;
          await history.play(between);
        }
      },
    ),
    { numRuns: 500 },
  );
});
