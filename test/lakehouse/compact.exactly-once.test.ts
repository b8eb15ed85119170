import { afterEach, expect, test } from 'vitest';
import { compareRows } from '../../lakehouse/append/order.ts';
import { readRows } from '../../lakehouse/append/read.ts';
import { longBytes, textBytes } from '../../lakehouse/catalog/iceberg/values.ts';
import { openLog } from '../../lakehouse/catalog/log.ts';
import { runCompaction } from '../../lakehouse/compact/run.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { packId } from '../../schemas/pack.ts';
import { append, CONFIG, compact, filesOf, seen, sightOf, testLake } from './lake.ts';
import { event, failed, randomPacks, START, winnersOf } from './rows.ts';

const lakes: { close(): void }[] = [];
afterEach(() => {
  for (const lake of lakes.splice(0)) lake.close();
});
function open(): ReturnType<typeof testLake> {
  const lake = testLake();
  lakes.push(lake);
  return lake;
}

test('an empty log is compacted without a commit', async () => {
  const lake = open();
  expect(await compact(lake)).toMatchObject({ commits: 0, segments: 0 });
  expect(await seen(lake)).toEqual([]);
});

test('compaction moves rows into one file per day and type and changes nothing that a reader sees', async () => {
  const lake = open();
  const rows = [
    event({ message_id: 'a' }),
    event({ message_id: 'b', timestamp: START - 86_400_000 }),
    failed({ pack_index: 9 }),
  ];
  await append(lake, [rows]);
  expect(await seen(lake)).toEqual(sightOf(rows));
  expect(await compact(lake)).toMatchObject({ commits: 1, segments: 1, rows: 3, copies: 0, files_added: 3 });
  expect(await seen(lake)).toEqual(sightOf(rows));
  expect((await openLog(lake.lake)).segments).toEqual([]);
  expect((await filesOf(lake)).map(({ date, type }) => `${date} ${type}`)).toEqual([
    '2026-03-27 track',
    '2026-03-28 failed',
    '2026-03-28 track',
  ]);
});

test.each([1, 2])(
  'after any sequence of appends and compactions a reader sees each winner once (seed %i)',
  async (seed) => {
    const lake = open();
    const random = seededRandom(seed);
    const packs = randomPacks(random, 25, 3);
    const arrived: EventRow[] = [];
    for (let step = 0; step < 6; step += 1) {
      const group = Array.from({ length: 1 + random.below(6) }, () => packs[random.below(packs.length)] ?? []);
      await append(lake, [...new Set(group)]);
      arrived.push(...group.flat());
      if (random.below(2) === 0) await compact(lake, random.below(2) === 0 ? { compact_bytes: 1 } : {});
      if (step % 2 === 0) expect(await seen(lake)).toEqual(sightOf(winnersOf(arrived)));
    }
    await compact(lake);
    expect(await seen(lake)).toEqual(sightOf(winnersOf(arrived)));
  },
);

test('a copy that arrived earlier than the row in the table replaces it, on another day and under another user', async () => {
  const lake = open();
  const late = event({
    message_id: 'a',
    user_id: 'ada',
    received_at: START + 60_000,
    pack_id: packId('1'.repeat(15), 1),
  });
  const early = event({ message_id: 'a', user_id: 'eve', timestamp: START - 86_400_000 });
  const other = event({ message_id: 'b' });
  await append(lake, [[late, other]]);
  await compact(lake);
  await append(lake, [[early]]);
  expect(await seen(lake)).toEqual(sightOf([early, other]));
  expect(await compact(lake)).toMatchObject({ rows: 1, copies: 1, files_added: 2, files_removed: 1 });
  expect(await seen(lake)).toEqual(sightOf([early, other]));
});

test('packs that are delivered again, regrouped into other segments, leave the table as it is', async () => {
  const lake = open();
  const packs = randomPacks(seededRandom(11), 6, 1);
  await append(lake, packs.slice(0, 3));
  await append(lake, packs.slice(3));
  await compact(lake);
  const files = await filesOf(lake);
  await append(lake, [packs[0] ?? [], packs[4] ?? []]);
  await append(lake, packs.slice(1, 5));
  expect(await seen(lake)).toEqual(sightOf(winnersOf(packs.flat())));
  const result = await compact(lake);
  expect(result.copies).toBe(result.rows);
  expect(result).toMatchObject({ files_added: 0, files_removed: 0 });
  expect(await filesOf(lake)).toEqual(files);
  expect(await seen(lake)).toEqual(sightOf(winnersOf(packs.flat())));
});

test('files of the table say what is in them: rows, bytes, and exact bounds', async () => {
  const lake = open();
  await append(lake, [
    [
      event({ message_id: 'a', user_id: 'zoë', timestamp: START - 5_000 }),
      event({ message_id: 'b', user_id: 'ada', timestamp: START - 1, received_at: START + 7 }),
    ],
  ]);
  await compact(lake);
  const [file] = await filesOf(lake);
  expect(file).toMatchObject({
    date: '2026-03-28',
    type: 'track',
    rows: 2,
    bytes: (await lake.lake.head(file?.key ?? ''))?.size,
  });
  const { lower_bounds, upper_bounds } = file?.statistics ?? {};
  const [userKey, timestamp, received] = [8, 11, 14];
  expect([lower_bounds, upper_bounds].map((bounds) => bounds?.get(userKey))).toEqual(['ada', 'zoë'].map(textBytes));
  expect(lower_bounds?.get(timestamp)).toEqual(longBytes(BigInt(START - 5_000) * 1_000n));
  expect(upper_bounds?.get(timestamp)).toEqual(longBytes(BigInt(START - 1) * 1_000n));
  expect(lower_bounds?.get(received)).toEqual(longBytes(BigInt(START) * 1_000n));
  expect(upper_bounds?.get(received)).toEqual(longBytes(BigInt(START + 7) * 1_000n));
});

test('a table file reads back as the rows that went in, through the reader of the rest of the system', async () => {
  const lake = open();
  const rows = randomPacks(seededRandom(5), 20, 1).flat();
  await append(lake, [rows]);
  await compact(lake);
  const read: EventRow[] = [];
  for (const { key } of await filesOf(lake)) {
    const file: EventRow[] = [];
    for await (const group of readRows(lake.lake, key)) file.push(...group);
    expect(file).toEqual(file.toSorted(compareRows));
    read.push(...file);
  }
  expect(read.toSorted(compareRows)).toEqual(winnersOf(rows).toSorted(compareRows));
});

test('the table is complete up to the newest arrival, but not beyond the hour of a segment that still waits', async () => {
  const lake = open();
  const hour = 3_600_000;
  await append(lake, [[event({ message_id: 'a' }), event({ message_id: 'b', received_at: START + 2 * hour })]]);
  await append(lake, [[event({ message_id: 'c', received_at: START + hour + 5 })]]);
  const stopped = new AbortController();
  const firstUnit = runCompaction({
    ...lake,
    config: { ...CONFIG, compact_bytes: 1 },
    signal: stopped.signal,
    progress: () => stopped.abort(new Error('enough')),
  });
  await expect(firstUnit).rejects.toThrow('enough');
  expect((await openLog(lake.lake)).snapshot.as_of).toBe(START + hour);
  await compact(lake);
  expect((await openLog(lake.lake)).snapshot.as_of).toBe(START + 2 * hour);
});
