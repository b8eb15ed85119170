/** A session over some days: the same answers as one over all days, at the cost of these days alone. */
import { expect, test } from 'vitest';
import type { DayRange } from '../../lakehouse/catalog/files.ts';
import { REPORTS } from '../../lakehouse/report/definitions.ts';
import { daysToRead, runReport } from '../../lakehouse/report/run.ts';
import { allRows } from '../../lakehouse/sql/duckdb.ts';
import { openSession } from '../../lakehouse/sql/session.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { packId } from '../../schemas/pack.ts';
import { answer, append, CONFIG, compact, seen, sightOf } from './lake.ts';
import { openLake } from './open.ts';
import { event, randomPacks, START, winnersOf } from './rows.ts';
import { nothingDone, workStore } from './work.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function ofDays(rows: readonly EventRow[], { from, to }: DayRange): EventRow[] {
  return rows.filter(({ timestamp }) => from <= dayOf(timestamp) && dayOf(timestamp) <= to);
}

test.each([1, 2, 3])('each range of days shows exactly the winners of these days (seed %i)', async (seed) => {
  const lake = openLake();
  const random = seededRandom(seed);
  const arrived: EventRow[] = [];
  for (const pack of randomPacks(random, 24, 5)) {
    await append(lake, [pack]);
    arrived.push(...pack);
    if (random.below(6) === 0) await compact(lake);
  }
  const winners = winnersOf(arrived);
  const days = [...new Set(arrived.map(({ timestamp }) => dayOf(timestamp)))].toSorted();
  const everything = await openSession({ ...lake, config: CONFIG });
  for (const from of days) {
    const to = days[Math.min(days.length - 1, days.indexOf(from) + random.below(2))] ?? from;
    const expected = ofDays(winners, { from, to });
    expect(await seen(lake, { from, to })).toEqual(sightOf(expected));
    const ids = expected.filter(({ type }) => type !== 'failed').map(({ message_id }) => message_id);
    const found = await allRows(everything.connection, `select message_id from ${everything.eventsOn({ from, to })}`);
    expect(found.map(({ message_id }) => message_id).toSorted()).toEqual(ids.toSorted());
  }
  await everything.close();
});

test('a pending copy of a row of another day is left out of its own day, and replaces a row that came later', async () => {
  const lake = openLake();
  const yesterday = START - DAY_MS;
  const place = (number: number) => ({ pack_id: packId('0123456789abcde', number) });
  const inTable = [
    event({ message_id: 'first', timestamp: yesterday, received_at: START, ...place(1) }),
    event({ message_id: 'late', timestamp: yesterday, received_at: START + 60_000, ...place(1) }),
  ];
  const pending = [
    event({ message_id: 'first', received_at: START + 1_000, ...place(2) }),
    event({ message_id: 'late', received_at: START + 1_000, ...place(2) }),
  ];
  await append(lake, [inTable]);
  await compact(lake);
  await append(lake, [pending]);
  const day = (time: number): DayRange => ({ from: dayOf(time), to: dayOf(time) });
  expect(await seen(lake, day(yesterday))).toEqual(sightOf(inTable.slice(0, 1)));
  expect(await seen(lake, day(START))).toEqual(sightOf(pending.slice(1)));
});

test('a day that nothing pending falls on costs its own files, the segments, the index and the metadata', async () => {
  const work = nothingDone();
  const lake = openLake((store) => workStore(store, work));
  for (let day = 0; day < 12; day += 1) {
    const place = { received_at: START + day * DAY_MS, timestamp: START + day * DAY_MS };
    await append(lake, [[event({ message_id: `m${day}`, ...place, pack_id: packId('0123456789abcde', day) })]]);
    await compact(lake);
  }
  const now = START + 12 * DAY_MS;
  await append(lake, [
    [event({ message_id: 'm11', received_at: now, timestamp: now, pack_id: packId('fedcba987654321', 1) })],
  ]);
  const cost = async (range?: DayRange): Promise<string[]> => {
    Object.assign(work, nothingDone());
    const session = await openSession({ ...lake, config: CONFIG, days: range });
    expect(session.asOf).toBe(now);
    expect(await answer(session, 'select count(*) from events')).toEqual([[range === undefined ? 12 : 1]]);
    await session.close();
    return work.keys.filter((key) => key.startsWith('table/data/')).map((key) => key.split('/')[2] ?? '');
  };
  const day = dayOf(START + 2 * DAY_MS);
  const everything = await openSession({ ...lake, config: CONFIG });
  expect(everything.eventsOn({ from: day, to: day }).match(/\.parquet'/g)).toHaveLength(2);
  expect(everything.eventsOn({ from: day, to: day }, ['page']).match(/\.parquet'/g)).toHaveLength(1);
  await everything.close();
  expect(await cost({ from: day, to: day })).toEqual([`date=${day}`]);
  expect(work.requests).toBeLessThanOrEqual(12);
  expect(await cost()).toHaveLength(12);
});

test('a report over some days is the same from a session over just what it reads', async () => {
  const lake = openLake();
  for (let day = 0; day < 6; day += 1) {
    const at = START + day * DAY_MS;
    const rows = Array.from({ length: 5 }, (_, number) => {
      const time = at + number * 5 * HOUR_MS;
      const place = { received_at: time, timestamp: time, pack_id: packId('0123456789abcde', day) };
      return event({ message_id: `m${day}-${number}`, event: 'Product Viewed', pack_index: number, ...place });
    });
    await append(lake, [rows]);
    if (day < 4) await compact(lake);
  }
  const day = dayOf(START + 3 * DAY_MS);
  for (const report of REPORTS) {
    const question = { report, from: day, to: day, timezone: 'Pacific/Auckland' };
    const answers = [daysToRead(question), undefined].map(async (days) => {
      const session = await openSession({ ...lake, config: CONFIG, days });
      try {
        return await runReport(session, question);
      } finally {
        await session.close();
      }
    });
    const [some, all] = await Promise.all(answers);
    expect(some).toEqual(all);
  }
});
