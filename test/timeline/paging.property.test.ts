import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dropRows, markRows } from '../../query/index/drop.ts';
import { type Page, readTimeline } from '../../query/resolve/timeline.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { winners } from '../equivalence/timeline.model.ts';
import { HOUR_MS, makeRow, pack, T0, WHOLE_TIMELINE, watched } from '../query/support.ts';
import { History, type Step, step, USERS, WITHIN_GRACE_MINUTES } from './history.ts';
import { PagingWorld } from './paging.world.ts';
import { emptyIndex } from './world.ts';

interface Reading {
  /** Message ids, in the order in which they came. */
  readonly ids: string[];
  /** The same at page one, by the definition. */
  readonly due: string[];
  readonly before: readonly EventRow[];
  readonly after: readonly EventRow[];
}

async function read(
  past: readonly Step[],
  between: readonly (readonly Step[])[],
  query: { first: number; order: 'newest' | 'oldest'; users: readonly string[] },
  minutes = Number.POSITIVE_INFINITY,
): Promise<Reading> {
  const history = new History();
  await history.play(past);
  history.limit(minutes);
  const { world } = history;
  const before = world.rows;
  const sign = query.order === 'newest' ? -1 : 1;
  const due = winners(before)
    .filter(({ user_key }) => query.users.includes(user_key))
    .sort((a, b) => sign * (a.timestamp - b.timestamp) || (a.message_id < b.message_id ? -1 : 1))
    .map(({ message_id }) => message_id);
  const ids: string[] = [];
  let after: string | null = null;
  for (let pages = 0; ; pages += 1) {
    const page: Page = await readTimeline(
      world.index,
      { ...WHOLE_TIMELINE, ...query, after },
      async () => T0,
      world.source,
    );
    const shown = page.edges.map(({ event }) => event.messageId);
    expect(new Set(shown).size).toBe(shown.length);
    ids.push(...shown);
    if (!page.hasNextPage) return { ids, due, before, after: world.rows };
    after = page.endCursor;
    await history.play(between[pages % Math.max(1, between.length)] ?? []);
  }
}

const query = fc.record({
  first: fc.integer({ min: 1, max: 5 }),
  order: fc.constantFrom('newest' as const, 'oldest' as const),
  users: fc.constantFrom(['ann'], USERS),
});

test('one page shows what the log says, whatever has left the index and however the files came about', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), query, async (past, wanted) => {
      const { ids, due } = await read(past, [], { ...wanted, first: 1_000 });
      expect(ids).toEqual(due);
    }),
    { numRuns: 1_000 },
  );
});

test('files alone show the winners of what they have taken in, in whatever runs', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), query, async (past, wanted) => {
      const history = new History();
      await history.play(past);
      const all = { ...WHOLE_TIMELINE, ...wanted, first: 1_000 };
      const { edges } = await readTimeline(emptyIndex(), all, async () => T0, history.world.source);
      const due = winners(history.world.consumed()).filter(({ user_key }) => wanted.users.includes(user_key));
      expect(edges.map(({ event }) => event.messageId).sort()).toEqual(due.map(({ message_id }) => message_id).sort());
    }),
    { numRuns: 300 },
  );
});

test('what was there on page one comes exactly once, with everything at work between the pages', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 20 }),
      fc.array(fc.array(step, { maxLength: 4 }), { minLength: 1, maxLength: 3 }),
      query,
      async (past, between, wanted) => {
        const { ids, due } = await read(past, between, wanted, WITHIN_GRACE_MINUTES);
        expect(ids.filter((id) => due.includes(id))).toEqual(due);
        expect(new Set(ids).size).toBe(ids.length);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('behind a cursor that is older than the files it names, only an event that was beaten meanwhile may be missed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 20 }),
      fc.array(fc.array(step, { maxLength: 5 }), { minLength: 1, maxLength: 3 }),
      query,
      async (past, between, wanted) => {
        const { ids, due, before, after } = await read(past, between, wanted);
        const winnerOf = (rows: readonly EventRow[]) => new Map(winners(rows).map((row) => [row.message_id, row]));
        const [then, now] = [winnerOf(before), winnerOf(after)];
        const same = due.filter((id) => then.get(id)?.pack_id === now.get(id)?.pack_id);
        expect(same.filter((id) => ids.filter((other) => other === id).length !== 1)).toEqual([]);
      },
    ),
    { numRuns: 700 },
  );
});

test('of two copies at one place, of which the index knows one, the earlier counts', async () => {
  const world = new PagingWorld();
  const row = makeRow({ pack_id: pack(2), received_at: T0 + 5 });
  await world.arrive([row]);
  world.arriveUnseen([{ ...row, pack_id: pack(1), received_at: T0 + 3 }]);
  world.build(2);
  world.index.execute(`update index_state set dropped_newest = ${T0}`);
  const { edges } = await readTimeline(world.index, WHOLE_TIMELINE, async () => T0, world.source);
  expect(edges.map(({ event }) => event.receivedAt)).toEqual([T0 + 3]);
});

/** Three events, a page of one, and then the last event again: it arrived earlier, and is dated between the others. */
async function beatenBehindPageOne(world: PagingWorld, prepare: () => Promise<void>): Promise<() => Promise<string[]>> {
  const times = [T0, T0 - 10, T0 - 20];
  await world.arrive(
    times.map((timestamp, place) => makeRow({ message_id: `m${place}`, pack_index: place, timestamp })),
  );
  await prepare();
  const query = { ...WHOLE_TIMELINE, first: 1 };
  const one = await readTimeline(world.index, query, async () => T0, world.source);
  await world.arrive([makeRow({ message_id: 'm2', pack_id: pack(9), received_at: T0, timestamp: T0 - 5 })]);
  return async () => {
    const next = { ...query, first: 5, after: one.endCursor };
    const page = await readTimeline(world.index, next, async () => T0, world.source);
    return page.edges.map(({ event }) => event.messageId);
  };
}

test('where no timeline was when a reading began, events stay in the index for the grace period', async () => {
  const world = new PagingWorld();
  const readOn = await beatenBehindPageOne(world, async () => {
    await world.drop();
  });
  for (let builds = 0; builds < 3; builds += 1) world.build(9);
  expect(await world.drop()).toBe(0);
  expect(await readOn()).toEqual(['m1', 'm2']);
  world.expire(61);
  expect(await world.drop()).toBeGreaterThan(0);
});

test('behind a cursor whose files have expired, a page shows an event once, as it is now', async () => {
  const world = new PagingWorld();
  const readOn = await beatenBehindPageOne(world, async () => world.build(9));
  world.build(9);
  expect(await readOn()).toEqual(['m1', 'm2']);
  world.expire(61);
  expect(await readOn()).toEqual(['m2', 'm1']);
});

test('rows that leave while a page is read are found in the files', async () => {
  for (const step of [2, 3, 4]) {
    const world = new PagingWorld();
    const hours = [0, 3, 6];
    for (const hour of hours) {
      await world.arrive([makeRow({ message_id: `m${hour}`, pack_id: pack(hour), timestamp: T0 + hour * HOUR_MS })]);
      await markRows(world.index, T0 + hour * HOUR_MS, 0, async () => []);
    }
    for (let builds = 0; builds < 3; builds += 1) world.build(9);
    const coverage = { version: 3, build: 3, pending: [] };
    expect(await dropRows(world.index, T0, coverage)).toBe(1);
    // By the same version, and it is newer than what has left before.
    const { database } = watched(world.index, async (count) => {
      if (count === step) expect(await dropRows(world.index, T0 + 3 * HOUR_MS, coverage)).toBe(1);
    });
    const { edges } = await readTimeline(database, WHOLE_TIMELINE, async () => T0, world.source);
    expect(edges.map(({ event }) => event.messageId)).toEqual(['m6', 'm3', 'm0']);
  }
});
