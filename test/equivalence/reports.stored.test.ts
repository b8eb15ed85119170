/** Stored reports, kept up to date by what changed, say the same as reports computed from scratch. */
import { expect, test } from 'vitest';
import { addDays } from '../../lakehouse/report/days.ts';
import { REPORTS } from '../../lakehouse/report/definitions.ts';
import type { ReportDefinition } from '../../lakehouse/report/header.ts';
import { readReport } from '../../lakehouse/report/read.ts';
import { type ReportWork, reportsAreCurrent, storeReports } from '../../lakehouse/report/store.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { packId } from '../../schemas/pack.ts';
import { append, compact, type TestLake, testLake } from '../lakehouse/lake.ts';
import { event } from '../lakehouse/rows.ts';
import { rawPacks, rowsOf } from './raw.ts';
import { openNaive, ordered } from './reports.naive.ts';

const EVENTS_BY_DAY = REPORTS.filter(({ name }) => name === 'events_by_day');
const DAYS = { from: '2025-10-01', to: '2026-07-01' };

function store(
  target: TestLake,
  timezone = 'UTC',
  reports: readonly ReportDefinition[] = REPORTS,
): Promise<ReportWork[]> {
  return storeReports({ ...target, reports, timezone });
}

test.each([
  [1, 'UTC'],
  [2, 'America/New_York'],
  [3, 'Asia/Beirut'],
])('seed %i: kept up after each compaction, days of %s are what plain SQL says', async (seed, timezone) => {
  const kept = testLake();
  const packs = rawPacks(seededRandom(seed), 9);
  const rows = packs.map(rowsOf);
  const sizes = [6, 3];
  for (const [position, size] of sizes.entries()) {
    const start = sizes.slice(0, position).reduce((a, b) => a + b, 0);
    await append(kept, rows.slice(start, start + size));
    await compact(kept);
    await store(kept, timezone);
  }
  const naive = await openNaive(packs.flat());
  for (const { name } of REPORTS) {
    const stored = await readReport(kept.lake, name, DAYS.from, DAYS.to);
    expect([name, ordered(stored.rows)]).toEqual([name, await naive.rows(name, { ...DAYS, timezone })]);
    expect(stored).toMatchObject({ timezone, asOf: Math.max(...packs.flat().map(({ received_at }) => received_at)) });
  }
  naive.close();
  kept.close();
});

const DAY_MS = 86_400_000;

/** One event of a day, which arrived at once, by somebody. */
function eventOn(day: string, columns: Partial<EventRow> = {}): EventRow {
  const at = Date.parse(day) + 12 * 3_600_000;
  serial += 1;
  return event({
    message_id: `m${serial}`,
    pack_id: packId('b'.repeat(15), serial),
    timestamp: at,
    received_at: at,
    ...columns,
  });
}
let serial = 0;

/** Rows take their place in the table: an hour after noon of that day. */
async function takeIn(
  target: TestLake,
  day: string,
  rows: EventRow[],
  reports: readonly ReportDefinition[] = REPORTS,
): Promise<ReportWork[]> {
  await append(target, [rows]);
  const noon = Date.parse(day) + 13 * 3_600_000;
  if (noon > target.clock.now()) await target.clock.advance(noon - target.clock.now());
  await compact(target);
  return store(target, 'UTC', reports);
}

function read(target: TestLake, name: string) {
  return readReport(target.lake, name, '2026-01-01', '2026-12-31');
}

test('a late event re-states its day and the days that it reaches, with when and why; the day of today is not re-stated', async () => {
  const kept = testLake();
  const some = REPORTS.filter(({ name }) => ['events_by_day', 'groups'].includes(name));
  for (const day of ['2026-04-01', '2026-04-02', '2026-04-02', '2026-04-03']) {
    await takeIn(kept, day, [eventOn(day)], some);
  }
  for (const { name } of some) expect((await read(kept, name)).restated).toEqual([]);

  const joined = { type: 'group', event: null, group_id: 'acme' } as const;
  await takeIn(kept, '2026-04-04', [eventOn('2026-04-04'), eventOn('2026-04-01', joined)], some);
  const at = Date.parse('2026-04-04T13:00Z');
  expect((await read(kept, 'events_by_day')).restated).toEqual([{ date: '2026-04-01', at, because: 'events' }]);
  expect((await read(kept, 'groups')).restated).toEqual([
    { date: '2026-04-01', at, because: 'events' },
    { date: '2026-04-02', at, because: 'reach' },
  ]);
  expect((await read(kept, 'groups')).rows.map(([date, , group]) => [date, group])).toEqual([
    ['2026-04-01', 'acme'],
    ['2026-04-02', 'acme'],
    ['2026-04-03', 'acme'],
    ['2026-04-04', 'acme'],
  ]);
  kept.close();
});

test('an event that a winner from elsewhere replaces is gone from its day, which had not ended when it was stored', async () => {
  const kept = testLake();
  const first = eventOn('2026-04-02', { message_id: 'twice' });
  await takeIn(kept, '2026-04-02', [first], EVENTS_BY_DAY);
  const winner = { timestamp: Date.parse('2026-03-26'), received_at: first.received_at - DAY_MS };
  await takeIn(kept, '2026-04-03', [eventOn('2026-04-02', { message_id: 'twice', ...winner })], EVENTS_BY_DAY);
  const { rows, restated } = await read(kept, 'events_by_day');
  expect(rows).toEqual([['2026-03-26', 'track', 'Clicked', '(all)', 1, 1]]);
  expect(restated.map(({ date }) => date)).toEqual(['2026-03-26']);
  kept.close();
});

test.each([10, 60])('one more day after %i costs that day and its reach, not its history', async (length) => {
  const kept = testLake();
  const history = Array.from({ length }, (_, day) => addDays('2026-04-30', -day));
  await append(kept, [history.flatMap((day) => [eventOn(day), eventOn(day, { type: 'page', event: null })])]);
  await kept.clock.advance(Date.parse('2026-04-30T13:00Z') - kept.clock.now());
  await compact(kept);
  await store(kept);
  const work = await takeIn(kept, '2026-05-01', [eventOn('2026-05-01')]);
  // Two files a day of the history, one of the new day; one file of `user_days` a day.
  const userDays = (back: number): number => Math.min(back, length) + 1;
  expect(Object.fromEntries(work.map(({ name, days, files }) => [name, { days, files }]))).toEqual({
    user_days: { days: 1, files: 1 },
    events_by_day: { days: 1, files: 1 },
    products: { days: 1, files: 1 },
    groups: { days: 1, files: 1 + 2 * Math.min(30, length) },
    // It looks at tracks alone.
    funnel: { days: 3, files: 3 },
    active_users: { days: 31, files: userDays(30) },
    new_and_returning: { days: 1, files: userDays(90) },
    // Cohorts of 62 days before, in runs of 31 days that each read what they need.
    retention: { days: 63, files: 3 * (length + 1) },
  });
  kept.close();
});

test('a day of another time zone takes the hours that lie in the next day of UTC, though only the first changed', async () => {
  const kept = testLake();
  const at = (time: string): Partial<EventRow> => ({ timestamp: Date.parse(time), received_at: Date.parse(time) });
  await append(kept, [[eventOn('2026-04-03', at('2026-04-03T02:00Z'))]]);
  await compact(kept);
  await store(kept, 'America/New_York', EVENTS_BY_DAY);
  await append(kept, [[eventOn('2026-04-02', at('2026-04-02T14:00Z'))]]);
  await compact(kept);
  await store(kept, 'America/New_York', EVENTS_BY_DAY);
  expect((await read(kept, 'events_by_day')).rows).toEqual([['2026-04-02', 'track', 'Clicked', '(all)', 2, 1]]);
  kept.close();
});

test('nothing changed means nothing computed', async () => {
  const kept = testLake();
  expect(await read(kept, 'products')).toMatchObject({ rows: [], asOf: null });
  expect((await takeIn(kept, '2026-04-02', [eventOn('2026-04-02')])).length).toBe(REPORTS.length + 1);
  expect(await store(kept)).toEqual([]);
  expect(await reportsAreCurrent({ ...kept, reports: REPORTS, timezone: 'UTC' })).toBe(true);
  kept.close();
});
