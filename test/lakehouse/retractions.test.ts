/** Events that are taken back, in SQL and in the stored reports: which days change, and what it costs to find them. */
import { expect, test } from 'vitest';
import { REPORTS } from '../../lakehouse/report/definitions.ts';
import { readReport } from '../../lakehouse/report/read.ts';
import { storeReports } from '../../lakehouse/report/store.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { packId } from '../../schemas/pack.ts';
import { append, compact, select, type TestLake, testLake } from './lake.ts';
import { event } from './rows.ts';

const DAY_MS = 86_400_000;
const FIRST = Date.parse('2026-04-01');
const byDay = REPORTS.filter(({ name }) => name === 'events_by_day');

let made = 0;
function own(columns: Partial<EventRow>): EventRow {
  made += 1;
  return event({ message_id: `m${made}`, pack_id: packId('c'.repeat(15), made), ...columns });
}

/** Arrived at noon of that day, counted from the first of April; and happened so many days before. */
const on = (day: number, back = 0): EventRow => {
  const noon = FIRST + (day + 0.5) * DAY_MS;
  return own({ timestamp: noon - back * DAY_MS, received_at: noon });
};
const retract = (row: Pick<EventRow, 'source' | 'message_id'>, day: number): EventRow => ({
  ...on(day),
  ...{ type: 'retraction', event: 'Event Retracted', timestamp: 0, name: row.source, previous_id: row.message_id },
});

async function takeIn(target: TestLake, day: number, ...rows: EventRow[]): Promise<number> {
  await append(target, [rows]);
  const noon = FIRST + (day + 0.6) * DAY_MS;
  if (noon > target.clock.now()) await target.clock.advance(noon - target.clock.now());
  await compact(target);
  const work = await storeReports({ ...target, reports: byDay, timezone: 'UTC' });
  return work.find(({ name }) => name === 'events_by_day')?.days ?? 0;
}

async function counts(target: TestLake) {
  const { rows, restated } = await readReport(target.lake, 'events_by_day', '2026-03-01', '2026-12-31');
  return { days: rows.map(([date, , , , events]) => `${date} ${events}`), restated: restated.map(({ date }) => date) };
}

test('a retraction takes an event out of its day, however old, and the day is marked', async () => {
  const lakes: string[] = [];
  const target = testLake((store) => ({
    ...store,
    get: (key, options) => {
      lakes.push(key);
      return store.get(key, options);
    },
  }));
  const [old, other, fresh] = [on(0), on(0), on(19, 2)];
  await takeIn(target, 0, old, other);
  for (let day = 1; day < 20; day += 1) await takeIn(target, day, on(day), ...(day === 19 ? [fresh] : []));
  const filesRead = (): number => new Set(lakes.splice(0).filter((key) => key.includes('data/date='))).size;
  expect((await counts(target)).days.slice(0, 1)).toEqual(['2026-04-01 2']);

  filesRead();
  // Its day, and that of the retraction itself.
  expect(await takeIn(target, 20, retract(fresh, 20))).toBe(2);
  expect(filesRead()).toBeLessThan(5);
  expect((await counts(target)).days.slice(-3)).toEqual(['2026-04-18 1', '2026-04-19 1', '2026-04-20 1']);

  expect(await takeIn(target, 21, retract(old, 21))).toBe(2);
  expect(filesRead()).toBeGreaterThan(10);
  const { days, restated } = await counts(target);
  expect(days[0]).toBe('2026-04-01 1');
  expect(restated).toContain('2026-04-01');

  expect(await takeIn(target, 22, on(22))).toBe(1);
  expect(filesRead()).toBeLessThan(5);
  target.close();
});

test('an event that arrives after its retraction never counts, and one that nobody sent changes no day', async () => {
  const target = testLake();
  const late = on(2);
  await takeIn(target, 1, on(1), retract(late, 1), retract({ source: 'shop', message_id: 'nobody' }, 1));
  await takeIn(target, 2, late, on(2));
  expect((await counts(target)).days).toEqual(['2026-04-02 1', '2026-04-03 1']);
  expect(await select(target, `select message_id from retracted_events`)).toEqual([[late.message_id]]);
  target.close();
});

test('a session of some days leaves out what a pending retraction takes back, and retractions are in no view of events', async () => {
  const target = testLake();
  const [wrong, right] = [on(1), on(1)];
  await append(target, [[wrong, right]]);
  await compact(target);
  await append(target, [[retract(wrong, 9)]]);
  const day = { from: '2026-04-02', to: '2026-04-02' };
  expect(await select(target, 'select message_id from events', day)).toEqual([[right.message_id]]);
  expect(await select(target, 'select message_id from failed_events')).toEqual([]);
  expect(await select(target, 'select name, previous_id from retractions')).toEqual([['shop', wrong.message_id]]);
  expect(await select(target, 'select events from users')).toEqual([[1]]);
  await compact(target);
  expect(await select(target, 'select message_id from events', day)).toEqual([[right.message_id]]);
  expect(await select(target, 'select message_id from events')).toEqual([[right.message_id]]);
  target.close();
});
