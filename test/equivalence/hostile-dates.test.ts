/** What a public key must not be able to do: date events so that history is told anew, or the table falls into pieces. */
import { afterEach, expect, it } from 'vitest';
import { readReport } from '../../lakehouse/report/read.ts';
import { filesOf } from '../lakehouse/lake.ts';
import { type JoinedApp, KEYS, openJoined } from './joined.ts';

const EVENTS = 2_500;
const DAY_MS = 86_400_000;

let app: JoinedApp;
afterEach(() => app.close());

/** Every day there is around today but the last thirty, and what is no day at all. */
function hostileDates(now: number): string[] {
  const dates = Array.from({ length: EVENTS - 100 }, (_, number) =>
    new Date(now + (number % 2 === 0 ? -(32 + number) : 1 + number) * DAY_MS).toISOString(),
  );
  const odd = Array.from({ length: 100 }, (_, number) => `${String(number * 97).padStart(4, '0')}-02-0${number % 10}`);
  return [...dates, ...odd];
}

function track(messageId: string, timestamp: string): object {
  return { type: 'track', event: 'Clicked', messageId, userId: 'mallory', timestamp };
}

async function partitions(): Promise<string[]> {
  return (await filesOf(app.ports)).map(({ date, type }) => `${date}/${type}`).sort();
}

it('2,500 events with 2,500 dates under a public key open no partition and state no day anew', async () => {
  app = await openJoined({ seed: 1 });
  const now = app.sim.clock.now();
  // Two honest days, stored and reported.
  for (const day of [1, 2]) {
    await app.batch('shop', [track(`honest-${day}`, new Date(now - day * DAY_MS).toISOString())]);
  }
  await app.drain();
  await app.central();
  const [daysBefore, filesBefore] = [await reported(), await filesOf(app.ports)];
  const storedBefore = await stored(now);
  expect(storedBefore.rows).toHaveLength(2);

  const dates = hostileDates(now);
  expect(new Set(dates).size).toBe(EVENTS);
  const answer = await app.post(
    '/v1/batch',
    JSON.stringify({ batch: dates.map((date, number) => track(`hostile-${number}`, date)) }),
    { 'x-write-key': KEYS.shop },
  );
  expect(await answer.json()).toMatchObject({ success: true, accepted: EVENTS });
  await app.drain();
  const { compaction } = await app.central();
  expect(compaction).toMatchObject({ rows: EVENTS, files_added: 1, files_removed: 0 });

  const today = new Date(now).toISOString().slice(0, 10);
  const before = filesBefore.map(({ date, type }) => `${date}/${type}`);
  expect(await partitions()).toEqual([...before, `${today}/track`].sort());
  expect((await filesOf(app.ports)).filter(({ key }) => filesBefore.some((file) => file.key === key))).toEqual(
    filesBefore,
  );
  const daysAfter = await reported();
  expect(daysAfter.filter(([day]) => day !== today)).toEqual(daysBefore.filter(([day]) => day !== today));
  expect(daysAfter.filter(([day]) => day === today)).toEqual([[today, EVENTS]]);
  expect(await stored(now)).toEqual(storedBefore);
});

/** Days of the report of events, and how many each has. */
async function reported(): Promise<[string, number][]> {
  const rows = await app.select(
    `select strftime("timestamp", '%Y-%m-%d'), count(*)::INTEGER from events group by all order by all`,
  );
  return rows.map((row) => (Array.isArray(row) ? [String(row[0]), Number(row[1])] : ['', 0]));
}

/** What the stored report says of the days before today: their rows, and which were stated anew. */
async function stored(now: number): Promise<{ rows: readonly unknown[]; restated: readonly unknown[] }> {
  const dayOf = (ago: number): string => new Date(now - ago * DAY_MS).toISOString().slice(0, 10);
  const { rows, restated } = await readReport(app.ports.lake, 'events_by_day', dayOf(200), dayOf(1));
  return { rows, restated };
}
