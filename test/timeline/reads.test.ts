import { afterAll, beforeAll, expect, test } from 'vitest';
import { newestTimeline } from '../../lakehouse/timeline/store.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import { TimelineFiles } from '../../query/timeline/files.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { packId } from '../../schemas/pack.ts';
import { countedStore } from '../bench/timeline-cold/counted.ts';
import { append, compact, type TestLake, testLake } from '../lakehouse/lake.ts';
import { event, START } from '../lakehouse/rows.ts';
import { build, emptyIndex, readWhole } from './world.ts';

const DAY_MS = 86_400_000;
const USERS = Array.from({ length: 400 }, (_, place) => `user-${place}`);
const DAYS = 60;
const NOW = START + DAYS * DAY_MS;

const random = seededRandom(7);
let packs = 0;
let lake: TestLake;

function* rowsOf(count: number, from: number, to: number): Generator<EventRow> {
  packs += 1;
  for (let place = 0; place < count; place += 1) {
    const timestamp = from + random.below(to - from);
    yield event({
      ...{ user_id: USERS[random.below(USERS.length)] ?? '', message_id: random.hex(32) },
      ...{ timestamp, received_at: timestamp + 1_000, pack_id: packId('0123456789abcde', packs), pack_index: place },
      properties: JSON.stringify({ price: random.below(10_000), page: random.hex(24), category: 'shoes' }),
    });
  }
}

async function takeIn(count: number, from: number, to: number): Promise<void> {
  await append(lake, [[...rowsOf(count, from, to)]]);
  await compact(lake);
  await build(lake);
}

beforeAll(async () => {
  lake = testLake();
  await takeIn(12_000, START, NOW - DAY_MS);
  await takeIn(1_000, NOW - DAY_MS, NOW);
}, 30_000);
afterAll(() => lake.close());

/** The last 30 days of one user: what that takes with nothing kept, and with what the first time left. */
async function ask(user: string) {
  const reads = { requests: 0, bytes: 0 };
  const files = new TimelineFiles({ ...lake, lake: countedStore(lake.lake, reads) });
  const query = { users: [user], from: NOW - 30 * DAY_MS, first: 1_000 };
  const index = emptyIndex();
  const events = await readWhole(index, files, query);
  const cold = { ...reads };
  await readWhole(index, files, query);
  return {
    events: events.length,
    cold,
    warm: { requests: reads.requests - cold.requests, bytes: reads.bytes - cold.bytes },
  };
}

test('a month of a user takes few requests and bytes, fewer the second time, and no more when history grows', async () => {
  const before = await ask('user-1');
  expect(before.events).toBeGreaterThan(10);
  expect(before.cold.requests).toBeLessThanOrEqual(14);
  expect(before.cold.bytes).toBeLessThanOrEqual(1_500_000);
  expect(before.warm.requests).toBeLessThanOrEqual(6);
  expect(before.warm.bytes).toBeLessThanOrEqual(512 * 1_024);

  await takeIn(12_000, START - DAYS * DAY_MS, START);
  const after = await ask('user-1');
  expect(after.events).toBe(before.events);
  expect(after.cold.requests).toBeLessThanOrEqual(before.cold.requests + 2);
  expect(after.cold.bytes).toBeLessThan(before.cold.bytes * 1.5);
});

test('nothing but the list and the version is asked for a time in which nothing happened', async () => {
  const reads = { requests: 0, bytes: 0 };
  const files = new TimelineFiles({ ...lake, lake: countedStore(lake.lake, reads) });
  expect(await readWhole(emptyIndex(), files, { users: ['user-1'], from: NOW + DAY_MS })).toEqual([]);
  expect(reads.requests).toBe(2);
  expect((await newestTimeline(lake.lake))?.runs.length).toBeLessThanOrEqual(2);
});
