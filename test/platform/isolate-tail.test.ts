/** Following the log as a Worker does: how often the stores are asked, and what becomes of followers that are gone. */
import { beforeEach, expect, test } from 'vitest';
import { appendSegment } from '../../lakehouse/append/append.ts';
import { followInIsolate } from '../../platform/app/isolate-tail.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import { type VirtualClock, virtualClock } from '../../platform/sim/clock.ts';
import { gzipCompressor } from '../../platform/sim/compressor.ts';
import { memoryStore } from '../../platform/sim/object-store.ts';
import type { Follow } from '../../query/live/live.ts';
import { packId } from '../../schemas/pack.ts';
import { type Gate, gatedStore } from '../equivalence/gate.ts';
import { makeRow } from '../query/support.ts';

const START = Date.UTC(2026, 6, 1, 10, 30);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Subscriptions. */
const MANY = 25;

let clock: VirtualClock;
let lake: ObjectStore;
let follow: Follow;
let asked: { probes: number; lists: number; gets: number };
let faults: unknown[];
/** Segments stored, and of these how many the hot index has told of. */
let stored: number;
let told: number;
/** Reads of requests that are given up: they never come back. */
let hangs: boolean;

beforeEach(() => {
  clock = virtualClock(START);
  asked = { probes: 0, lists: 0, gets: 0 };
  faults = [];
  stored = 0;
  told = 0;
  hangs = false;
  const count: Gate = async (call, run) => {
    if (call.startsWith('list ')) asked.lists += 1;
    if (call.startsWith('get ')) asked.gets += 1;
    return hangs ? new Promise(() => {}) : run();
  };
  lake = memoryStore(clock);
  follow = followInIsolate({
    lake: gatedStore(lake, count),
    clock,
    probe: async () => {
      asked.probes += 1;
      return told;
    },
    report: (fault) => faults.push(fault),
  });
});

/** Puts a segment with one event. */
async function store(indexed = true): Promise<string> {
  stored += 1;
  const pack_id = packId('0123456789abcde', stored);
  const row = makeRow({ message_id: `m${stored}`, pack_id, received_at: clock.now() });
  await appendSegment(lake, [row], [pack_id], gzipCompressor);
  if (indexed) told += 1;
  return row.message_id;
}

interface Listener {
  readonly ids: string[];
  isLost: boolean;
  stop(): void;
}

function listen(): Listener {
  const ids: string[] = [];
  const listener: Listener = { ids, isLost: false, stop: () => {} };
  listener.stop = follow(
    (rows) => void ids.push(...rows.map(({ message_id }) => message_id)),
    () => {
      listener.isLost = true;
    },
  );
  return listener;
}

test('a quiet hour of many subscriptions: a look at the log a minute, and less than a probe in three seconds', async () => {
  const all = Array.from({ length: MANY }, listen);
  await clock.advance(HOUR_MS);
  // For a quarter of each hour segments of the hour before are looked for as well.
  expect(asked.lists).toBeLessThanOrEqual(61 + 15);
  expect(asked.probes).toBeLessThanOrEqual(1_200);
  expect(asked.gets).toBe(0);
  const id = await store();
  await clock.advance(6_000);
  expect(all.map(({ ids }) => ids)).toEqual(all.map(() => [id]));
});

test('a busy minute of many: a list in two seconds, each segment read once, and everybody gets everything', async () => {
  const all = Array.from({ length: MANY }, listen);
  await clock.advance(1_000);
  const due: string[] = [];
  for (let second = 0; second < 60; second += 1) {
    due.push(await store(), await store());
    await clock.advance(1_000);
  }
  await clock.advance(10_000);
  for (const { ids, isLost } of all)
    expect({ ids: ids.toSorted(), isLost }).toEqual({ ids: due.toSorted(), isLost: false });
  expect(asked.lists).toBeLessThanOrEqual(37);
  expect(asked.gets).toBeLessThanOrEqual(2 * due.length);
});

test('what the hot index could not take in comes within a minute', async () => {
  const listener = listen();
  await clock.advance(5_000);
  const id = await store(false);
  await clock.advance(MINUTE_MS + 5_000);
  expect(listener.ids).toEqual([id]);
});

test('what was stored before comes to nobody, also after a time without followers', async () => {
  await store();
  await clock.advance(1);
  const first = listen();
  await clock.advance(5_000);
  first.stop();
  const { lists } = asked;
  await clock.advance(HOUR_MS);
  expect(asked.lists).toBe(lists);
  await store();
  await clock.advance(1);
  const second = listen();
  await clock.advance(5_000);
  const id = await store();
  await clock.advance(5_000);
  expect([first.ids, second.ids]).toEqual([[], [id]]);
});

test('one whose request ended in the middle of a look holds up nobody, and is forgotten', async () => {
  const dead = listen();
  await clock.advance(5_000);
  // It looks, and never comes back.
  hangs = true;
  const id = await store();
  await clock.advance(5_000);
  hangs = false;
  const alive = listen();
  await clock.advance(20_000);
  expect(alive.ids).toEqual([id]);
  await clock.advance(40_000);
  expect([dead.isLost, alive.isLost]).toEqual([true, false]);
  const next = await store();
  await clock.advance(6_000);
  expect(alive.ids).toEqual([id, next]);
});

test('where it cannot be told whether something came, it is listed; a segment that cannot be read is reported', async () => {
  follow = followInIsolate({
    lake,
    clock,
    probe: () => Promise.reject(new Error('D1 is away')),
    report: (fault) => faults.push(fault),
  });
  const listener = listen();
  await clock.advance(3_000);
  await lake.put('segments/2026-07-01T10/broken.parquet', 'no Parquet');
  const id = await store(false);
  await clock.advance(6_000);
  expect(listener.ids).toEqual([id]);
  expect(faults.map(String)).toEqual(expect.arrayContaining([expect.stringContaining('D1 is away')]));
  expect(faults.map(String).filter((fault) => !fault.includes('D1'))).toHaveLength(1);
});

test('more segments than can be waited for end it, for all', async () => {
  const all = [listen(), listen()];
  await clock.advance(3_000);
  for (let number = 0; number < 250; number += 1) await store();
  await clock.advance(5_000);
  expect(all.map(({ isLost }) => isLost)).toEqual([true, true]);
});
