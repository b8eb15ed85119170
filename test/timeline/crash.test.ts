/** Death after every single write of a build and the expiry behind it, with real files: all of them, one by one. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildTimeline } from '../../lakehouse/timeline/build.ts';
import { newestTimeline, readSources, readTimelineVersion, timelineVersions } from '../../lakehouse/timeline/store.ts';
import { s3Files } from '../../platform/bun/local-files.ts';
import { TimelineFiles } from '../../query/timeline/files.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { packId } from '../../schemas/pack.ts';
import { groupsKey, TIMELINE } from '../../schemas/timeline.ts';
import { modelTimeline } from '../equivalence/timeline.model.ts';
import { append, CONFIG, compact, filesOf, type TestLake, testLake } from '../lakehouse/lake.ts';
import { openLake } from '../lakehouse/open.ts';
import { event, START } from '../lakehouse/rows.ts';
import { copyStore, Killed, mortalStore } from '../lakehouse/stores.ts';
import { build, emptyIndex, readWhole } from './world.ts';

const HOUR_MS = 3_600_000;
const USERS = ['ada', 'eve'];

function pack(number: number, ...rows: Partial<EventRow>[]): EventRow[] {
  const pack_id = packId('0123456789abcde', number);
  return rows.map((columns, pack_index) => event({ ...columns, pack_id, pack_index }));
}

const BUILT = pack(1, { message_id: 'a', received_at: START + 900 }, { message_id: 'b' }, { message_id: 'c' });
/** What is new, and what arrived before one that is there, under another user and date. */
const COMING = pack(2, { message_id: 'd' }, { message_id: 'a', user_id: 'eve', timestamp: START - 24 * HOUR_MS });

let origin: TestLake;
beforeAll(async () => {
  origin = testLake();
  await append(origin, [BUILT]);
  await compact(origin);
  await build(origin);
  await append(origin, [COMING]);
  await compact(origin);
});
afterAll(() => origin.close());

/** The same lake two days later, when everything in it is old. */
async function fork(): Promise<TestLake> {
  const lake = openLake();
  await copyStore(origin.lake, lake.lake);
  await lake.clock.advance(48 * HOUR_MS);
  return lake;
}

async function timelines(lake: TestLake): Promise<string> {
  const files = new TimelineFiles(lake);
  const index = emptyIndex();
  return JSON.stringify(await Promise.all(USERS.map((user) => readWhole(index, files, { users: [user] }))));
}

function model(rows: readonly EventRow[]): string {
  const everything = { from: null, to: null, types: null, events: null };
  return JSON.stringify(USERS.map((user) => modelTimeline(rows, { user, ...everything })));
}

/** @returns whether it died before it was done */
async function dies(lake: TestLake, mode: 'now' | 'anew', writes: number): Promise<boolean> {
  const mortal = mortalStore(lake.lake, writes);
  const files = s3Files(mortal, lake.files.scratch_dir);
  return buildTimeline({ ...lake, lake: mortal, files, config: CONFIG }, mode).then(
    () => false,
    (error) => {
      if (error instanceof Killed) return true;
      throw error;
    },
  );
}

test.each(['now', 'anew'] as const)(
  'whatever dies where, a reader sees it before or after, and the next one goes on (%s)',
  async (mode) => {
    const [before, after] = [model(BUILT), model([...BUILT, ...COMING])];
    const seen = new Set<string>();
    let deaths = 0;
    for (let writes = 0; ; writes += 1) {
      const lake = await fork();
      if (!(await dies(lake, mode, writes))) break;
      deaths += 1;
      const now = await timelines(lake);
      expect([before, after]).toContain(now);
      seen.add(now);
      await build(lake);
      expect(await timelines(lake)).toBe(after);
      // A killed writer's files go when no writer can be about to name them.
      await lake.clock.advance(10 * HOUR_MS);
      await build(lake);
      expect(await leftovers(lake)).toEqual([]);
      expect(await timelines(lake)).toBe(after);
    }
    expect(seen.size).toBe(2);
    expect(deaths).toBeGreaterThan(4);
  },
);

async function leftovers(lake: TestLake): Promise<string[]> {
  const named = new Set<string>();
  for (const version of await timelineVersions(lake.lake)) {
    const snapshot = await readTimelineVersion(lake.lake, version);
    for (const { key } of snapshot?.runs.flatMap(({ files }) => files) ?? []) named.add(key).add(groupsKey(key));
    named.add(snapshot?.sources ?? '');
  }
  const stored = (await lake.lake.list({ prefix: TIMELINE })).objects.map(({ key }) => key);
  return stored.filter((key) => !key.startsWith(`${TIMELINE}v`) && !named.has(key));
}

test('a version that was replaced stays for the grace period with all that it names, and goes then', async () => {
  const lake = await fork();
  const [first = 0] = await timelineVersions(lake.lake);
  await build(lake);
  const old = await readTimelineVersion(lake.lake, first);
  const keys = old?.runs.flatMap(({ files }) => files).map(({ key }) => key) ?? [];
  await lake.clock.advance(30 * 60_000);
  await build(lake);
  expect(await Promise.all(keys.map((key) => lake.lake.head(key)))).not.toContain(null);
  await lake.clock.advance(HOUR_MS);
  await build(lake);
  expect(await readTimelineVersion(lake.lake, first)).toBeNull();
  expect(await Promise.all(keys.map((key) => lake.lake.head(key)))).toEqual(keys.map(() => null));
});

test('of two builds at a time one counts, and the other says so', async () => {
  const lake = await fork();
  const outcomes = await Promise.allSettled([build(lake), build(lake)]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(await timelines(lake)).toBe(model([...BUILT, ...COMING]));
});

test('where files of the table that were taken in are gone, the timeline is made anew', async () => {
  const lake = await fork();
  const taken_in = await readSources(lake.lake, await newestTimeline(lake.lake));
  const now = new Set((await filesOf(lake)).map(({ key }) => key));
  const replaced = taken_in.filter((key) => !now.has(key));
  expect(replaced.length).toBeGreaterThan(0);
  await lake.lake.delete(replaced);
  await build(lake);
  expect(await timelines(lake)).toBe(model([...BUILT, ...COMING]));
});
