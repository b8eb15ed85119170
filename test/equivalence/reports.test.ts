/** Each report agrees with plain SQL over what was sent, whatever way the events came. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REPORTS, reportNamed } from '../../lakehouse/report/definitions.ts';
import type { Given } from '../../lakehouse/report/parameters.ts';
import { runReport } from '../../lakehouse/report/run.ts';
import { openSession, type Session } from '../../lakehouse/sql/session.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { append, CONFIG, compact, type TestLake, testLake } from '../lakehouse/lake.ts';
import { event } from '../lakehouse/rows.ts';
import { rawPacks, rowsOf } from './raw.ts';
import { type Asked, CATEGORIES, type Naive, openNaive, ordered, PLAN } from './reports.naive.ts';

const DAYS = { from: '2025-10-01', to: '2026-04-01' };

let lake: TestLake;
let session: Session;
let naive: Naive;
let newest: number;

// Copies, late events and redelivered packs, spread over compactions with some left pending.
beforeAll(async () => {
  lake = testLake();
  const random = seededRandom(21);
  const packs = rawPacks(random, 160);
  const rows = packs.map(rowsOf);
  for (let start = 0; start < rows.length; start += 20) {
    await append(lake, rows.slice(start, start + 14));
    await append(lake, [...rows.slice(start + 14, start + 20), ...rows.slice(0, random.below(3))]);
    if (start % 40 === 0) await compact(lake);
  }
  session = await openSession({ ...lake, config: CONFIG });
  naive = await openNaive(packs.flat());
  newest = Math.max(...packs.flat().map(({ received_at }) => received_at));
});
afterAll(async () => {
  naive.close();
  await session.close();
  lake.close();
});

async function expectSame(name: string, timezone: string, given: Given = {}, asked: Asked = {}): Promise<number> {
  const report = await runReport(session, { report: reportNamed(name, REPORTS), ...DAYS, timezone, given });
  expect(ordered(report.rows)).toEqual(await naive.rows(name, { ...DAYS, timezone }, asked));
  expect(report.asOf).toBe(newest);
  const days = report.rows.map(([day]) => day);
  expect(days).toEqual(days.toSorted());
  return report.rows.length;
}

describe.each(REPORTS.map(({ name }) => name))('%s', (name) => {
  // In Beirut the 29th of March has no midnight; in Kolkata days begin at half past an hour of UTC.
  test.each(['UTC', 'Europe/Berlin', 'Asia/Beirut', 'Asia/Kolkata', 'America/New_York', 'Pacific/Kiritimati'])(
    'over days of %s is what plain SQL says of the events as sent',
    async (timezone) => {
      expect(await expectSame(name, timezone)).toBeGreaterThan(10);
    },
  );
});

test.each<[string, string, Given, Asked]>([
  ['events_by_day', 'a property of many types', { group_by: 'properties.plan' }, { segments: PLAN }],
  ['events_by_day', 'category', { group_by: 'category' }, { segments: CATEGORIES }],
  ['funnel', 'category', { group_by: 'category' }, { segments: CATEGORIES }],
  [
    'funnel',
    'a property and a week',
    { group_by: 'properties.plan', window_hours: '168' },
    { segments: PLAN, window_hours: 168 },
  ],
  [
    'funnel',
    'filters and the same step twice',
    { steps: ['Product Viewed [category=shoes]', 'Product Viewed [plan=7]', 'Product Viewed'], window_hours: '720' },
    {
      window_hours: 720,
      steps: [
        [
          'Product Viewed',
          `event = 'Product Viewed' and exists (from lines l where l.id = k.id and l.source = k.source and l.category = 'shoes')`,
        ],
        ['Product Viewed', `event = 'Product Viewed' and (p->>'$.plan') = '7'`],
        ['Product Viewed', `event = 'Product Viewed'`],
      ],
    },
  ],
  ['retention', 'days', { cohort: 'day' }, { cohort: 'day' }],
])('%s by %s is what plain SQL says', async (name, _, given, asked) => {
  expect(await expectSame(name, 'Europe/Berlin', given, asked)).toBeGreaterThan(10);
});

test.each(['funnel', 'groups'])('%s says the same where a query may read few days at a time', async (name) => {
  const question = { report: reportNamed(name, REPORTS), from: '2026-03-01', to: '2026-04-01', timezone: 'UTC' };
  const atOnce = await runReport(session, question);
  expect(atOnce.rows.length).toBeGreaterThan(10);
  expect(await runReport({ ...session, rows: Number.MAX_SAFE_INTEGER }, question)).toEqual(atOnce);
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
  const { rows } = await runReport(opened, { report: reportNamed('events_by_day', REPORTS), ...days });
  expect(rows).toEqual([['2026-11-01', 'track', 'Clicked', '(all)', 4, 1]]);
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
  const { rows } = await runReport(opened, { report: reportNamed('groups', REPORTS), ...days });
  expect(rows).toEqual([
    ['2026-04-02', 'group', '(none)', 1, 1, 0, 0],
    ['2026-04-02', 'group', 'acme', 1, 1, 0, 0],
  ]);
  await opened.close();
  groups.close();
});
