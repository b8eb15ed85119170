import { afterEach, expect, test } from 'vitest';
import { openDuckDB } from '../../lakehouse/sql/duckdb.ts';
import { takeIn } from '../../lakehouse/timeline/runs.ts';
import { newestTimeline } from '../../lakehouse/timeline/store.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import { bucketOf } from '../../query/index/users.ts';
import { writeRows } from '../../query/index/write.ts';
import { TimelineFiles } from '../../query/timeline/files.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { packId } from '../../schemas/pack.ts';
import { modelTimeline } from '../equivalence/timeline.model.ts';
import { append, compact, type TestLake, testLake } from '../lakehouse/lake.ts';
import { event, randomPacks } from '../lakehouse/rows.ts';
import { build, emptyIndex, readWhole } from './world.ts';

const EVERYTHING = { from: null, to: null, types: null, events: null };

const lakes: TestLake[] = [];
afterEach(() => {
  for (const lake of lakes.splice(0)) lake.close();
});
function open(): TestLake {
  const lake = testLake();
  lakes.push(lake);
  return lake;
}

/** Every timeline, read from files alone, is what the rows say. */
async function expectTimelines(lake: TestLake, rows: readonly EventRow[]): Promise<void> {
  const files = new TimelineFiles(lake);
  const index = emptyIndex();
  for (const user of new Set(rows.map(({ user_key }) => user_key).filter((user) => user !== ''))) {
    const expected = modelTimeline(rows, { user, ...EVERYTHING });
    expect(await readWhole(index, files, { users: [user] })).toEqual(expected);
    expect(await readWhole(index, files, { users: [user], order: 'oldest' })).toHaveLength(expected.length);
  }
}

test.each([1, 2])('after any builds the files hold each winner once, and no copy that lost (seed %i)', async (seed) => {
  const lake = open();
  const random = seededRandom(seed);
  const packs = randomPacks(random, 30, 3);
  const rows: EventRow[] = [];
  for (let step = 0; step < 5; step += 1) {
    const group = Array.from({ length: 1 + random.below(8) }, () => packs[random.below(packs.length)] ?? []);
    await append(lake, [...new Set(group)]);
    rows.push(...group.flat());
    await compact(lake, random.below(2) === 0 ? { compact_bytes: 1 } : {});
    await build(lake);
    await expectTimelines(lake, rows);
  }
  expect((await newestTimeline(lake.lake))?.runs.length).toBeLessThanOrEqual(3);
  await build(lake, 'anew');
  await expectTimelines(lake, rows);
  expect((await newestTimeline(lake.lake))?.runs.map(({ gone }) => gone)).toEqual([0]);
});

test('DuckDB and readers put a user into the same bucket', async () => {
  const lake = open();
  const users = ['ada', 'größe', '😀', 'a\u0000b', ...Array.from({ length: 200 }, (_, place) => `user ${place}`)];
  await append(lake, [
    users.map((user, place) => event({ user_id: user, message_id: `m${place}`, pack_index: place })),
  ]);
  await compact(lake);
  await build(lake);
  const [run] = (await newestTimeline(lake.lake))?.runs ?? [];
  const buckets = users.map(bucketOf);
  expect(run?.files).toMatchObject([
    { rows: users.length, first_bucket: Math.min(...buckets), last_bucket: Math.max(...buckets) },
  ]);
  const files = new TimelineFiles(lake);
  for (const user of users) expect(await readWhole(emptyIndex(), files, { users: [user] })).toHaveLength(1);
  expect(await readWhole(emptyIndex(), files, { users: ['nobody'] })).toEqual([]);
});

test('an event that was taken back is not shown from a file either, nor is what took it back', async () => {
  const lake = open();
  const rows = ['wrong', 'right'].map((message_id, pack_index) => event({ message_id, pack_index, user_id: 'ada' }));
  const retraction = event({
    ...{ type: 'retraction', message_id: 'r', user_id: 'ada', timestamp: 0, name: 'shop', previous_id: 'wrong' },
    pack_index: 2,
  });
  await append(lake, [[...rows, retraction]]);
  await compact(lake);
  await build(lake);
  const [files, index] = [new TimelineFiles(lake), emptyIndex()];
  const idsOf = async (): Promise<string[]> =>
    (await readWhole(index, files, { users: ['ada'] })).map((label) => label.split(' ').at(-1) ?? '');
  expect(await idsOf()).toEqual(['right', 'wrong']);
  await writeRows(index, [retraction]);
  expect(await idsOf()).toEqual(['right']);
});

test('a hundred small files, as late events leave them, come in at once with little memory', async () => {
  const lake = open();
  const add = [];
  for (let number = 0; number < 100; number += 1) {
    const row = event({ message_id: `m${number}`, pack_id: packId('0123456789abcde', number) });
    add.push({ key: await append(lake, [[row]]), rows: 1 });
  }
  const { scratch_dir } = lake.files;
  const { connection, folder, close } = await openDuckDB({ scratch_dir, memory_limit: '32MB' });
  try {
    const writer = { connection, folder, lake: lake.lake, random: lake.random, signal: undefined };
    expect((await takeIn(lake, writer, { add, remove: [] }))?.rows).toBe(100);
  } finally {
    await close();
  }
});
