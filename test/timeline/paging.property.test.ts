import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { dropRows } from '../../query/index/drop.ts';
import { markRows } from '../../query/index/marks.ts';
import { readTimeline } from '../../query/resolve/timeline.ts';
import { HOUR_MS, makeRow, openIndex, pack, T0, WHOLE_TIMELINE, watched } from '../query/support.ts';
import {
  countsArePageOne,
  exactlyOnce,
  exactlyOnceUnlessBeaten,
  filesHoldTheTable,
  onePageIsTheLog,
} from './paging.history.ts';
import { inMemory, onDisk } from './paging.stores.ts';
import { PagingWorld } from './paging.world.ts';
import { emptyIndex } from './world.ts';

const memory = await inMemory();
const disk = await onDisk();
afterAll(() => {
  memory.close();
  disk.close();
});
const { open } = memory;

test('one page shows what the log says, whatever has left the index and however the files came about', async () => {
  await fc.assert(onePageIsTheLog(open), { numRuns: 1_000 });
});

test('files alone show the winners of what they have taken in, in whatever runs', async () => {
  await fc.assert(
    filesHoldTheTable(open, async () => emptyIndex()),
    { numRuns: 300 },
  );
});

test('what was there on page one comes exactly once, with everything at work between the pages', async () => {
  await fc.assert(exactlyOnce(open), { numRuns: 1_200 });
});

test('any page counts what was there on page one', async () => {
  await fc.assert(countsArePageOne(open), { numRuns: 400 });
});

test('behind a cursor older than files or index, only what was taken back or beaten meanwhile may be missed', async () => {
  await fc.assert(exactlyOnceUnlessBeaten(open), { numRuns: 700 });
});

test('the same over files of SQLite', async () => {
  await fc.assert(exactlyOnce(disk.open), { numRuns: 40 });
  await fc.assert(exactlyOnceUnlessBeaten(disk.open), { numRuns: 20 });
});

test('of two copies at one place, of which the index knows one, the earlier counts', async () => {
  const index = openIndex();
  const world = new PagingWorld(index);
  const row = makeRow({ pack_id: pack(2), received_at: T0 + 5 });
  await world.arrive([row]);
  world.arriveUnseen([{ ...row, pack_id: pack(1), received_at: T0 + 3 }]);
  world.build(2);
  index.execute(`update index_state set dropped_newest = ${T0}`);
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
  const world = new PagingWorld(openIndex());
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
  const world = new PagingWorld(openIndex());
  const readOn = await beatenBehindPageOne(world, async () => world.build(9));
  world.build(9);
  expect(await readOn()).toEqual(['m1', 'm2']);
  world.expire(61);
  expect(await readOn()).toEqual(['m2', 'm1']);
});

test('rows that leave while a page is read are found in the files', async () => {
  for (const step of [2, 3, 4]) {
    const world = new PagingWorld(openIndex());
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
