/** Each report agrees with the same thing told plainly in TypeScript, whatever way the events came. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REPORTS } from '../../lakehouse/report/definitions.ts';
import { readReport } from '../../lakehouse/report/read.ts';
import { runReport } from '../../lakehouse/report/run.ts';
import { storeReports } from '../../lakehouse/report/store.ts';
import type { ReportResult } from '../../lakehouse/report/values.ts';
import { openSession, type Session } from '../../lakehouse/sql/session.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { append, CONFIG, compact, type TestLake, testLake } from '../lakehouse/lake.ts';
import { event, randomPacks, winnersOf } from '../lakehouse/rows.ts';
import { NAIVE, ordered } from './reports.naive.ts';

const names = REPORTS.map(({ name }) => name);
const DAYS = { from: '2026-03-28', to: '2026-03-30' };
const ALL_DAYS = { from: '2026-03-20', to: '2026-04-05', timezone: 'UTC' };

let lake: TestLake;
let session: Session;
let rows: EventRow[];

// Copies, late events and redelivered packs, spread over compactions with some left pending; the clocks change on the 29th.
beforeAll(async () => {
  lake = testLake();
  const random = seededRandom(21);
  const packs = randomPacks(random, 60, 3);
  for (let start = 0; start < packs.length; start += 10) {
    await append(lake, packs.slice(start, start + 7));
    await append(lake, [...packs.slice(start + 7, start + 10), ...packs.slice(0, random.below(3))]);
    if (start % 20 === 0) await compact(lake);
  }
  session = await openSession({ ...lake, config: CONFIG });
  rows = winnersOf(packs.flat());
});
afterAll(async () => {
  await session.close();
  lake.close();
});

function naive(name: string, days: Parameters<(typeof NAIVE)[string]>[1], over = rows): string[] {
  return ordered(NAIVE[name]?.(over, days) ?? []);
}

describe.each(names)('%s', (name) => {
  // In Beirut the 29th has no midnight; in Kolkata days begin at half past an hour of UTC.
  test.each(['UTC', 'Europe/Berlin', 'Asia/Beirut', 'Asia/Kolkata', 'America/New_York', 'Pacific/Kiritimati'])(
    'over days of %s counts each event once, on its day',
    async (timezone) => {
      const report = await runReport(session, { name, ...DAYS, timezone });
      expect(ordered(report.rows)).toEqual(naive(name, { ...DAYS, timezone }));
      expect(report.rows.length).toBeGreaterThan(3);
    },
  );

  test('says when the newest event arrived', async () => {
    const report = await runReport(session, { name, ...DAYS, timezone: 'UTC' });
    expect(report.asOf).toBe(Math.max(...rows.map(({ received_at }) => received_at)));
  });
});

test('a day whose first hour comes twice has 25 hours', async () => {
  const havana = testLake();
  const at = (time: string): number => Date.parse(`2026-11-0${time}Z`);
  const times = ['1T03:59', '1T04:00', '1T04:30', '1T05:30', '2T04:59', '2T05:00'];
  await append(havana, [
    times.map((time, index) =>
      event({ message_id: time, pack_index: index, timestamp: at(time), received_at: at('2T06:00') }),
    ),
  ]);
  const opened = await openSession({ ...havana, config: CONFIG });
  const days = { from: '2026-11-01', to: '2026-11-01', timezone: 'America/Havana' };
  const { rows } = await runReport(opened, { name: 'events_by_day', ...days });
  expect(rows).toEqual([['2026-11-01', 'track', 'Clicked', 4, 1]]);
  await opened.close();
  havana.close();
});

test('a group call counts for 30 days of 24 hours and no longer', async () => {
  const groups = testLake();
  const user = (name: string, time: string, index: number): EventRow[] => {
    const columns = { user_id: name, received_at: Date.parse('2026-04-03') };
    const joined = { type: 'group', event: null, group_id: 'acme', timestamp: Date.parse(time) };
    return [
      event({ ...columns, message_id: `${name}-joined`, pack_index: index, ...joined }),
      event({
        ...columns,
        message_id: `${name}-acted`,
        pack_index: index + 1,
        timestamp: Date.parse('2026-04-02T12:00Z'),
      }),
    ];
  };
  await append(groups, [[...user('ada', '2026-03-03T12:00Z', 0), ...user('eve', '2026-03-03T11:59:59.999Z', 2)]]);
  const opened = await openSession({ ...groups, config: CONFIG });
  const days = { from: '2026-04-02', to: '2026-04-02', timezone: 'UTC' };
  const { rows } = await runReport(opened, { name: 'groups', ...days });
  expect(rows).toEqual([
    ['2026-04-02', '(none)', 1, 1],
    ['2026-04-02', 'acme', 1, 1],
  ]);
  await opened.close();
  groups.close();
});

describe('stored reports', () => {
  async function store(target: TestLake): Promise<number> {
    const opened = await openSession({ ...target, config: CONFIG });
    try {
      return await storeReports({ lake: target.lake, session: opened });
    } finally {
      await opened.close();
    }
  }

  function read(target: TestLake, name: string): Promise<ReportResult> {
    return readReport(target.lake, name, ALL_DAYS.from, ALL_DAYS.to);
  }

  test('kept up after each compaction say the same as reports computed at once', async () => {
    const kept = testLake();
    const packs = randomPacks(seededRandom(33), 24, 3);
    for (let start = 0; start < packs.length; start += 8) {
      await append(kept, packs.slice(start, start + 8));
      await compact(kept);
      await store(kept);
    }
    for (const name of names) {
      const { rows, asOf } = await read(kept, name);
      expect(ordered(rows)).toEqual(naive(name, ALL_DAYS, winnersOf(packs.flat())));
      expect(asOf).toBe(Math.max(...packs.flat().map(({ received_at }) => received_at)));
    }
    kept.close();
  });

  test('follow a late group call to the later days that it reaches, and a late winner off its day', async () => {
    const kept = testLake();
    const day = (date: string): number => Date.parse(date);
    const viewed = event({ message_id: 'a', timestamp: day('2026-04-02'), received_at: day('2026-04-03') });
    await append(kept, [[viewed]]);
    await compact(kept);
    await store(kept);
    expect((await read(kept, 'groups')).rows).toEqual([['2026-04-02', '(none)', 1, 1]]);

    const joined = { type: 'group', event: null, group_id: 'acme', pack_index: 1 } as const;
    const times = { timestamp: day('2026-03-25'), received_at: day('2026-04-04') };
    await append(kept, [[event({ message_id: 'b', ...joined, ...times })]]);
    await compact(kept);
    await store(kept);
    expect((await read(kept, 'groups')).rows).toEqual([
      ['2026-03-25', 'acme', 1, 1],
      ['2026-04-02', 'acme', 1, 1],
    ]);

    await append(kept, [
      [event({ ...viewed, pack_index: 2, timestamp: day('2026-03-26'), received_at: day('2026-04-01') })],
    ]);
    await compact(kept);
    await store(kept);
    expect((await read(kept, 'events_by_day')).rows).toEqual([
      ['2026-03-25', 'group', null, 1, 1],
      ['2026-03-26', 'track', 'Clicked', 1, 1],
    ]);
    kept.close();
  });

  test('are left alone when nothing changed, and read as empty before the first compaction', async () => {
    const kept = testLake();
    expect(await read(kept, 'products')).toMatchObject({ rows: [], asOf: null });
    await append(kept, [[event()]]);
    await compact(kept);
    expect(await store(kept)).toBeGreaterThan(0);
    expect(await store(kept)).toBe(0);
    kept.close();
  });

  test('refuse an unknown name and days that are none', async () => {
    await expect(readReport(lake.lake, 'nope', '2026-03-28', '2026-03-28')).rejects.toThrow('events_by_day');
    await expect(readReport(lake.lake, 'groups', '2026-02-30', '2026-03-28')).rejects.toThrow('2026-02-30');
    await expect(readReport(lake.lake, 'groups', '2026-03-29', '2026-03-28')).rejects.toThrow('is after');
    await expect(readReport(lake.lake, 'groups', '2020-03-29', '2026-03-28')).rejects.toThrow('at most 400 days');
  });
});
