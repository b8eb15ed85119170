/** What counting reads: what is known of files is not read, and no count is more work than a page and some. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../platform/ports.ts';
import { writeRows } from '../../query/index/write.ts';
import { type Counts, countEvents } from '../../query/resolve/count.ts';
import { readTimeline, type TimelineQuery } from '../../query/resolve/timeline.ts';
import { TimelineFiles } from '../../query/timeline/files.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { packId } from '../../schemas/pack.ts';
import { countedStore } from '../bench/timeline-cold/counted.ts';
import { append, compact, type TestLake, testLake } from '../lakehouse/lake.ts';
import { event } from '../lakehouse/rows.ts';
import { openIndex, T0, WHOLE_TIMELINE, watched } from '../query/support.ts';
import { build, emptyIndex } from './world.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 2, 1);
const MANY = 26_000;
const DAYS = 26;

let packs = 0;
/** A thousand a day; one in four is a page. */
function rowsOf(user_key: string, count: number): EventRow[] {
  packs += 1;
  const pack_id = packId('0123456789abcde', packs);
  return Array.from({ length: count }, (_, place) =>
    event({
      ...{ user_id: user_key, user_key, message_id: `${user_key}-${place}`, pack_id, pack_index: place },
      ...(place % 4 === 0 ? { type: 'page', event: null } : {}),
      ...{ timestamp: START + Math.floor(place * (DAY_MS / 1_000)), received_at: START + DAYS * DAY_MS },
    }),
  );
}

let lake: TestLake;
beforeAll(async () => {
  lake = testLake();
  await append(lake, [rowsOf('bot', MANY), ...Array.from({ length: 20 }, (_, user) => rowsOf(`user ${user}`, 30))]);
  await compact(lake);
  await build(lake);
}, 30_000);
afterAll(() => lake.close());

/** @returns what was counted behind a page of one event, and what of the lake was read for it */
async function count(query: Partial<TimelineQuery>, index: Database = emptyIndex()) {
  const reads = { requests: 0, bytes: 0 };
  const files = new TimelineFiles({ ...lake, lake: countedStore(lake.lake, reads) });
  const whole = { ...WHOLE_TIMELINE, users: ['bot'], first: 1, ...query };
  const page = await readTimeline(index, whole, async () => T0, files);
  const before = { ...reads };
  const counts = await countEvents(index, whole, page, files);
  return {
    ...{ isExact: counts.isExact, days: by(counts, 'day'), types: by(counts, 'type'), total: totalOf(counts) },
    ...{ requests: reads.requests - before.requests, bytes: reads.bytes - before.bytes },
  };
}

const totalOf = ({ cells }: Counts): number => cells.reduce((sum, cell) => sum + cell.count, 0);
function by({ cells }: Counts, name: 'day' | 'type'): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const cell of cells) counts[cell[name]] = (counts[cell[name]] ?? 0) + cell.count;
  return counts;
}

test('of very many events only the row groups at both ends are read, and the answer says that it is none of counting', async () => {
  const all = await count({});
  expect(all).toMatchObject({ isExact: false, total: MANY, types: { page: MANY / 4, track: MANY * (3 / 4) } });
  expect(Object.keys(all.days)).toHaveLength(DAYS);
  // Spread over the time of their row group, which here is just.
  for (const events of Object.values(all.days)) expect(Math.abs(events - 1_000)).toBeLessThanOrEqual(5);
  expect(all.requests).toBeLessThanOrEqual(2);
  expect(all.bytes).toBeLessThan(200_000);

  const pages = await count({ types: ['page'] });
  expect(pages).toMatchObject({ isExact: false, total: MANY / 4, types: { page: MANY / 4 } });
  expect(pages.requests).toBeLessThanOrEqual(2);
});

test('a part that is no more than a page may read is counted', async () => {
  const part = await count({ from: START + 2 * DAY_MS, to: START + 5 * DAY_MS, users: ['bot'] });
  expect(part).toMatchObject({ isExact: true, total: 3_000 });
  expect(Object.values(part.days)).toEqual([1_000, 1_000, 1_000]);
});

test('a whole first page says how many without reading anything', async () => {
  const few = await count({ users: ['user 3'], first: 50 });
  expect(few).toMatchObject({ isExact: true, total: 30, requests: 0 });
});

test('with a filter that looks into events, at least as many as a page may read', async () => {
  const some = await count({ where: [{ path: ['none'], exists: false }] });
  expect(some.isExact).toBe(false);
  expect(some.total).toBeGreaterThanOrEqual(18_000);
  expect(some.total).toBeLessThanOrEqual(MANY);
});

test('of more in the index than may be read, its rows tell', async () => {
  const index = openIndex();
  const text = 'x'.repeat(1_800);
  const rows = rowsOf('bot', MANY).map((row, n) => ({
    ...row,
    received_at: T0,
    properties: JSON.stringify({ n, text }),
  }));
  for (let start = 0; start < rows.length; start += 10) await writeRows(index, rows.slice(start, start + 10));
  const { database, counter } = watched(index);
  const { isExact, total, types, days } = await count({}, database);
  expect(isExact).toBe(false);
  expect(Math.abs(total - MANY)).toBeLessThan(MANY / 50);
  expect(Math.abs((types.page ?? 0) - MANY / 4)).toBeLessThan(MANY / 100);
  expect(Object.keys(days)).toHaveLength(DAYS);
  expect(counter.reads).toBeLessThan(150);
});
