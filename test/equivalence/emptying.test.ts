/** The slot that a rebuild leaves goes within the bounds of those who tend the index, and answers stay. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { requestRebuild, tendIndex } from '../../platform/app/tend.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import { abandonRebuild, startRebuild, writeToSlot } from '../../query/index/rebuild.ts';
import { readState } from '../../query/index/state.ts';
import { makeRow } from '../query/rows.ts';
import type { Gate } from './gate.ts';
import { type JoinedApp, openJoined } from './joined.ts';
import { timelineOf } from './views.ts';
import { USERS, Workload } from './workload.ts';

/** Called after each call of the lake or the index; it may throw. */
let after: () => void = () => {};
const gate: Gate = async (_call, run) => {
  const result = await run();
  after();
  return result;
};

let app: JoinedApp;
let workload: Workload;
beforeEach(async () => {
  app = await openJoined({ lakeGate: gate, indexGate: gate });
  workload = new Workload(app, seededRandom(11));
  for (let request = 0; request < 10; request += 1) await workload.send();
  await app.drain();
});
afterEach(() => {
  after = () => {};
  app.close();
});

async function expectAnswers(): Promise<void> {
  for (const user of USERS) expect(await timelineOf(app, user)).toEqual(workload.timeline(user));
}

const BOUNDS = { milliseconds: Number.POSITIVE_INFINITY, batches: 1 };

/** More than two portions of copies in the slot that is not in use. */
const LEFT_BEHIND = 5_000;

async function leaveBehind(): Promise<void> {
  const { index } = app.sim;
  const stale = await startRebuild(index);
  const rows = Array.from({ length: LEFT_BEHIND }, (_, at) => makeRow({ message_id: `stale ${at}`, pack_index: at }));
  await writeToSlot(index, stale, rows);
  await abandonRebuild(index, stale);
}

async function copiesLeft(): Promise<number> {
  const { active } = await readState(app.sim.index);
  const { results } = await app.sim.index.prepare(`select 1 from identities_${active === 'a' ? 'b' : 'a'}`).all();
  return results.length;
}

const tendOnce = (bounds = BOUNDS): Promise<void> => app.sim.clock.finish(tendIndex(app.ports, bounds));

it('what a rebuild has left behind goes a portion in each run whose bounds are one, and the next rebuild waits', async () => {
  await leaveBehind();
  await requestRebuild(app.ports.lake);
  const left: number[] = [];
  for (let run = 0; run < 2; run += 1) {
    await tendOnce();
    left.push(await copiesLeft());
    expect(await readState(app.sim.index)).toMatchObject({ active: 'a', building: null });
  }
  expect(left).toEqual([3_000, 1_000]);
  await tendOnce();
  expect(await readState(app.sim.index)).toMatchObject({ active: 'a', building: 'b' });
  for (let run = 0; (await app.ports.lake.head('requests/rebuild')) !== null; run += 1) {
    expect(run).toBeLessThan(100);
    await tendOnce();
  }
  // The old one is small.
  await tendOnce();
  expect(await copiesLeft()).toBe(0);
  expect(await readState(app.sim.index)).toMatchObject({ active: 'b', building: null });
  await expectAnswers();
});

it('without a rebuild to do it goes as well, and what is in use stays', async () => {
  await leaveBehind();
  await tendOnce();
  expect(await copiesLeft()).toBe(3_000);
  await app.sim.clock.finish(tendIndex(app.ports));
  expect(await copiesLeft()).toBe(0);
  await expectAnswers();
});

it('one that fails at any step is gone on with by a later run, and no answer is lost', async () => {
  const enough = { ...BOUNDS, batches: 1_000 };
  let failures = 0;
  for (let death = 1; ; death += 2) {
    await leaveBehind();
    await requestRebuild(app.ports.lake);
    let calls = 0;
    after = () => {
      calls += 1;
      if (calls === death) throw new Error('broken off');
    };
    const outcome = await tendOnce(enough).catch((error: unknown) => String(error));
    after = () => {};
    await expectAnswers();
    await app.sim.clock.advance(31 * 60_000);
    await tendOnce(enough);
    expect(await copiesLeft()).toBe(0);
    expect((await readState(app.sim.index)).building).toBeNull();
    expect(await app.ports.lake.head('requests/rebuild')).toBeNull();
    await expectAnswers();
    if (outcome === undefined) break;
    failures += 1;
    expect(outcome).toBe('Error: broken off');
  }
  expect(failures).toBeGreaterThan(10);
});
