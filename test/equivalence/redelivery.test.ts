/**
 * Exactly once in every read: packs come twice, late, in any order and grouped anew, copies come under other users and
 * days, and compaction runs in between. Every view shows each event once, and all show the same copy of it.
 */
import { afterEach, expect, it } from 'vitest';
import { openLog } from '../../lakehouse/catalog/log.ts';
import { REPORTS } from '../../lakehouse/report/definitions.ts';
import { type SeededRandom, seededRandom } from '../../platform/sim/random.ts';
import { type JoinedApp, openJoined } from './joined.ts';
import { rawOf } from './raw.ts';
import { openNaive } from './reports.naive.ts';
import { eventsBySql, storedReport, timelineOf } from './views.ts';
import { USERS, Workload } from './workload.ts';

const REQUESTS = 36;
/** Enough that the first snapshot which consumed a segment expires: the last ten are kept. */
const COMMITS = 12;
const HOUR_MS = 3_600_000;
const DAYS = { from: '2026-06-25', to: '2026-07-10', timezone: 'UTC' };

let app: JoinedApp;
afterEach(() => app.close());

async function expectEachOnce(workload: Workload): Promise<void> {
  for (const user of USERS) expect(await timelineOf(app, user), user).toEqual(workload.timeline(user));
  const expected = USERS.flatMap((user) => workload.timeline(user).map((line) => `${user} ${line}`));
  expect(await eventsBySql(app)).toEqual(expected.sort());
  const [failed] = await app.select(
    'select count(*), count(distinct message_id), count(distinct (pack_id, pack_index)) from failed_events',
  );
  expect(failed).toEqual([workload.failed, workload.failed, workload.failed]);
}

/** Some packs, in another order, some of them again, and now and then by a consumer that dies over them. */
async function deliverSome(random: SeededRandom): Promise<void> {
  if (random.below(3) === 0) app.sim.queue.redeliver();
  if (random.below(2) === 0) app.sim.queue.shuffle(random);
  await app.deliver(1 + random.below(6), random.below(4) === 0 ? 'killed before ack' : undefined);
}

it.each([1, 2])(
  'every view shows each event once, the same copy of it, before and after compaction: seed %i',
  async (seed) => {
    app = await openJoined({ seed });
    const random = seededRandom(seed);
    const workload = new Workload(app, random);
    for (let request = 1; request <= REQUESTS; request += 1) {
      await workload.send();
      await deliverSome(random);
      if (request % 15 === 0) await app.central();
    }
    app.sim.queue.redeliver();
    app.sim.queue.shuffle(random);
    await app.drain(() => 1 + random.below(5));

    expect([workload.copies > 10, workload.failed > 2]).toEqual([true, true]);
    await expectEachOnce(workload);

    await app.central();
    await expectEachOnce(workload);
    const { snapshot, segments } = await openLog(app.ports.lake);
    expect(segments).toEqual([]);
    expect(snapshot.totals.rows).toBe(workload.winners.size + workload.failed);
    const naive = await openNaive(rawOf(app.rows()));
    for (const { name } of REPORTS) {
      const rows = (await storedReport(app, name, DAYS.from, DAYS.to)).map((row) => JSON.stringify(row)).sort();
      expect([name, rows]).toEqual([name, await naive.rows(name, DAYS)]);
    }
    naive.close();
  },
);

it('packs that come again after their segments were compacted and deleted change nothing', async () => {
  app = await openJoined({ config: { compact_bytes: 1 } });
  const random = seededRandom(1);
  const workload = new Workload(app, random);
  for (let request = 0; request < COMMITS; request += 1) {
    await workload.send();
    await app.drain();
  }
  await app.central();
  await app.sim.clock.advance(2 * HOUR_MS);
  const { expired } = await app.central();
  expect(expired.segments.length).toBeGreaterThan(0);

  app.sim.queue.redeliver();
  app.sim.queue.shuffle(random);
  await app.drain(() => 1 + random.below(3));
  await expectEachOnce(workload);
});
