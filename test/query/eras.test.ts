/** Eras of the hot index: whatever is sorted when, and whatever fails meanwhile, all answers stay. */
import { expect, test } from 'vitest';
import type { Database, HotIndex } from '../../platform/ports.ts';
import { dropRows } from '../../query/index/drop.ts';
import { markRows } from '../../query/index/marks.ts';
import { abandonRebuild, finishRebuild, startRebuild, writeToSlot } from '../../query/index/rebuild.ts';
import { sortIndex } from '../../query/index/sort.ts';
import { readState } from '../../query/index/state.ts';
import { bucketOf } from '../../query/index/users.ts';
import { writeRows } from '../../query/index/write.ts';
import { HotScan } from '../../query/resolve/hot-scan.ts';
import { atOneMoment } from '../../query/resolve/moment.ts';
import { LATEST } from '../../query/resolve/stores.ts';
import { readTimeline } from '../../query/resolve/timeline.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { makeRow, openIndex, pack, T0, usersOfBucket, WHOLE_TIMELINE } from './support.ts';

const SIZE = { era_rows: 20, rows_at_once: 30 };
const USERS = ['ann', ...usersOfBucket(bucketOf('ann'), 9)];

/** A write each, as a row holds what one write brought. A second apart, the users in turns. */
async function write(index: HotIndex, from: number, to: number): Promise<EventRow[]> {
  const rows = Array.from({ length: to - from }, (_, at) => {
    const number = from + at;
    const user_key = USERS[number % USERS.length] ?? '';
    return makeRow({ message_id: `m${number}`, user_key, pack_id: pack(number), timestamp: T0 + number * 1_000 });
  });
  for (const row of rows) await writeRows(index, [row]);
  return rows;
}

async function sortAll(index: HotIndex): Promise<void> {
  for (let isMore = true; isMore; ) isMore = await sortIndex(index, SIZE);
}

async function idsOf(index: HotIndex, user: string, order: 'newest' | 'oldest' = 'newest'): Promise<string[]> {
  const query = { ...WHOLE_TIMELINE, users: [user], first: 1_000, order };
  return (await readTimeline(index, query, async () => T0)).edges.map(({ event }) => event.messageId);
}

async function expectAll(index: HotIndex, rows: readonly EventRow[]): Promise<void> {
  for (const user of USERS) {
    const ids = rows.filter(({ user_key }) => user_key === user).map(({ message_id }) => message_id);
    expect(await idsOf(index, user, 'oldest')).toEqual(ids);
    expect(await idsOf(index, user)).toEqual(ids.toReversed());
  }
}

/** How many rows a reader looks at who wants all of a user's. */
async function rowsLookedAt(index: HotIndex, user: string): Promise<number> {
  return atOneMoment(index, async (moment) => {
    const scan = new HotScan(index, moment, { user, newest: LATEST, oldest: -LATEST, order: 'newest' });
    let rows = 0;
    for (let chunk = await scan.next(); chunk !== null; chunk = await scan.next()) rows += chunk.rows;
    return rows;
  });
}

async function count(database: Database, table: string): Promise<number> {
  return (await database.prepare(`select 1 from ${table}`).all()).results.length;
}

test('whoever shares a bucket with thousands finds own rows without passing over theirs', async () => {
  const index = openIndex();
  const rows: EventRow[] = [];
  for (let from = 0; from < 2_000; from += 100) {
    rows.push(...(await write(index, from, from + 100)));
    await sortAll(index);
  }
  await expectAll(index, rows);
  // 200 rows of the user, a look into each era, and the open one.
  const { era_a, sorted_a } = await readState(index);
  expect(era_a).toBeGreaterThan(10);
  expect(sorted_a).toBe(era_a);
  expect(await rowsLookedAt(index, 'ann')).toBeLessThan(200 + era_a + 4 * SIZE.era_rows);
});

test('an era has the rows it is to have, however busy one user is', async () => {
  const index = openIndex();
  for (let number = 0; number < 95; number += 1) {
    const user_key = number % 5 === 0 ? `somebody ${number}` : 'ann';
    await writeRows(index, [makeRow({ message_id: `m${number}`, user_key, pack_id: pack(number) })]);
    await sortAll(index);
  }
  expect(await lastRows(index)).toEqual([20, 40, 60, 80]);
  expect((await readState(index)).era_a).toBe(4);
});

test('a step that fails anywhere leaves every answer as it was, and the next one goes on', async () => {
  let failures = 0;
  for (let failing = 1; failing < 200; failing += 1) {
    const index = openIndex();
    const rows = await write(index, 0, 100);
    let calls = 0;
    const broken: HotIndex = {
      prepare: (sql) => index.prepare(sql),
      async batch(statements) {
        calls += 1;
        if (calls === failing) throw new Error('away');
        await index.batch(statements);
      },
    };
    const failed = await sortAll(broken).then(
      () => false,
      () => true,
    );
    if (!failed) break;
    failures += 1;
    await expectAll(index, rows);
    rows.push(...(await write(index, 100, 120)));
    await sortAll(index);
    await expectAll(index, rows);
    expect(await count(index, 'places_a')).toBeGreaterThanOrEqual(100);
  }
  expect(failures).toBeGreaterThan(3);
});

test('what is written while an era is sorted is in the next one', async () => {
  const index = openIndex();
  const rows = await write(index, 0, 100);
  for (let from = 100; await sortIndex(index, SIZE); from += 1) {
    rows.push(...(await write(index, from, from + 1)));
    await expectAll(index, rows);
  }
  expect(await count(index, 'places_a')).toBe(100);
});

test('a rebuild that comes between two steps begins with eras of its own', async () => {
  const index = openIndex();
  const rows = await write(index, 0, 100);
  await sortIndex(index, SIZE);
  await sortIndex(index, SIZE);
  const rebuild = await startRebuild(index);
  await writeToSlot(index, rebuild, rows);
  await sortAll(index);
  await expectAll(index, rows);
  await finishRebuild(index, rebuild);
  await expectAll(index, rows);
  const next = await startRebuild(index);
  expect(await count(index, 'places_a')).toBe(0);
  const { era_a, sorted_a } = await readState(index);
  expect([era_a, sorted_a]).toEqual([0, 0]);
  await abandonRebuild(index, next);
  await sortAll(index);
  await expectAll(index, rows);
});

test('a step that read its rows before a rebuild began writes nothing', async () => {
  const index = openIndex();
  const rows = await write(index, 0, 100);
  await sortIndex(index, SIZE);
  const late: HotIndex = {
    prepare: (sql) => index.prepare(sql),
    async batch(statements) {
      const rebuild = await startRebuild(index);
      await writeToSlot(index, rebuild, rows);
      await finishRebuild(index, rebuild);
      await index.batch(statements);
    },
  };
  await expect(sortIndex(late, SIZE)).rejects.toThrow();
  expect((await count(index, 'places_a')) + (await count(index, 'places_b'))).toBe(0);
  await expectAll(index, rows);
});

test('places go when all rows of their era have left, and not before', async () => {
  const index = openIndex();
  await write(index, 0, 150);
  await sortAll(index);
  await write(index, 150, 200);
  await markRows(index, T0, 0, async () => []);
  await write(index, 200, 300);
  await sortAll(index);
  expect(await lastRows(index)).toEqual([150, 300]);
  expect(await dropRows(index, T0 + 1, { version: 1, build: 2, pending: [] })).toBe(200);
  expect(await lastRows(index)).toEqual([300]);
  expect(await count(index, 'places_a')).toBe(150);
});

async function lastRows(index: HotIndex): Promise<number[]> {
  const { results } = await index.prepare('select last_row from eras_a order by era').all<{ last_row: number }>();
  return results.map(({ last_row }) => last_row);
}
