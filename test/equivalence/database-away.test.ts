/** The hot index fails for a stretch: the log goes on as if nothing were, and afterwards the index has everything. */
import { afterEach, expect, it } from 'vitest';
import { loadSnapshot } from '../../lakehouse/catalog/store.ts';
import { createAsOf } from '../../platform/app/as-of.ts';
import { markedSegments, markForReindex } from '../../platform/app/reindex.ts';
import { tendIndex } from '../../platform/app/tend.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import type { Gate } from './gate.ts';
import { type JoinedApp, type JoinedOptions, openJoined } from './joined.ts';
import { timelineOf, timelinePage } from './views.ts';
import { USERS, Workload } from './workload.ts';

const HOUR_MS = 3_600_000;
const REQUESTS = 18;

const opened: JoinedApp[] = [];
afterEach(() => {
  for (const app of opened.splice(0)) app.close();
});

/** What of the index fails at the moment. */
type Away = 'nothing' | 'writes' | 'everything';

interface World {
  readonly app: JoinedApp;
  readonly workload: Workload;
  /** Keys of segments, one for each put. */
  readonly segmentPuts: string[];
  away: Away;
}

async function openWorld(config: JoinedOptions['config'] = {}): Promise<World> {
  const segmentPuts: string[] = [];
  const lakeGate: Gate = (call, run) => {
    if (call.startsWith('put segments/')) segmentPuts.push(call);
    return run();
  };
  const indexGate: Gate = async (call, run) => {
    if (world.away === 'everything' || (world.away === 'writes' && call !== 'all')) throw new Error('D1 is away');
    return run();
  };
  const app = await openJoined({ config, lakeGate, indexGate });
  const world: World = { app, workload: new Workload(app, seededRandom(5)), segmentPuts, away: 'nothing' };
  opened.push(app);
  return world;
}

/** The same requests and deliveries every time; the index is away for the second third of them. */
async function run(world: World, away: Away): Promise<void> {
  for (let request = 0; request < REQUESTS; request += 1) {
    world.away = request >= REQUESTS / 3 && request < (REQUESTS * 2) / 3 ? away : 'nothing';
    await world.workload.send();
    if (request % 2 === 1) await world.app.drain();
  }
}

function timelines(app: JoinedApp): Promise<string[][]> {
  return Promise.all(USERS.map((user) => timelineOf(app, user)));
}

it.each(['writes', 'everything'] as const)(
  'while %s fail no pack comes again and no segment is put twice; afterwards the answers are those of a healthy run',
  async (away) => {
    const [healthy, hurt] = [await openWorld(), await openWorld()];
    await run(healthy, 'nothing');
    await run(hurt, away);

    expect(hurt.segmentPuts).toEqual(healthy.segmentPuts);
    expect(hurt.app.consumed).toMatchObject({ segments: REQUESTS / 2, index_failures: REQUESTS / 6, log_failures: 0 });
    expect((await markedSegments(hurt.app.ports.lake)).size).toBe(REQUESTS / 6);
    expect(hurt.app.problems).toHaveLength(REQUESTS / 6);
    expect(await timelines(hurt.app)).not.toEqual(await timelines(healthy.app));

    await tendIndex(hurt.app.ports);
    expect((await markedSegments(hurt.app.ports.lake)).size).toBe(0);
    expect(await timelines(hurt.app)).toEqual(await timelines(healthy.app));
    expect(await timelines(hurt.app)).toEqual(USERS.map((user) => hurt.workload.timeline(user)));
  },
);

it('answers say how far they are complete: up to the oldest event that the index has missed', async () => {
  const world = await openWorld();
  const { app, workload } = world;
  const { clock } = app.sim;
  const asOf = async (): Promise<number> => (await timelinePage(app, 'user-0', 10, null)).asOf;
  await workload.send();
  await app.drain();
  await clock.advance(1_000);
  expect(await asOf()).toBe(clock.now());

  world.away = 'writes';
  await workload.send();
  const missed = clock.now();
  await app.drain();
  await workload.send();
  await app.drain();
  await clock.advance(HOUR_MS);
  expect(await asOf()).toBe(missed);

  world.away = 'nothing';
  await tendIndex(app.ports);
  await clock.advance(1_000);
  expect(await asOf()).toBe(clock.now());
});

it('an event that moves from the queue to the missed ones while it is looked for is seen', async () => {
  const { app } = await openWorld();
  const { lake, clock } = app.ports;
  const arrived = clock.now() - 1_000;
  const asOf = createAsOf({
    lake,
    clock,
    oldestPending: async () => {
      await markForReindex(lake, 'segments/missed.parquet', arrived, 'D1 is away');
      return null;
    },
  });
  expect(await asOf()).toBe(arrived);
});

it('an answer that cannot be given says so, and sending goes on', async () => {
  const world = await openWorld();
  world.away = 'everything';
  await world.workload.send();
  await world.app.drain();
  await expect(timelinePage(world.app, 'user-0', 10, null)).rejects.toThrow('index_away');
  await expect(tendIndex(world.app.ports)).rejects.toThrow('D1 is away');
  expect((await markedSegments(world.app.ports.lake)).size).toBe(1);
});

it('a segment that the index has still to take in outlives its compaction and every snapshot that named it', async () => {
  const world = await openWorld({ compact_bytes: 1 });
  const { app, workload } = world;
  // Each segment is a commit of its own, and the last ten snapshots are kept.
  for (let commit = 0; commit < 14; commit += 1) {
    world.away = commit % 2 === 0 ? 'writes' : 'nothing';
    await workload.send();
    await app.drain();
  }
  const marked = await markedSegments(app.ports.lake);
  expect(marked.size).toBe(7);
  await app.central();
  await app.sim.clock.advance(2 * HOUR_MS);
  const { expired } = await app.central();

  expect(expired.segments.length).toBeGreaterThan(0);
  expect(expired.segments.filter((key) => marked.has(key))).toEqual([]);
  expect((await loadSnapshot(app.ports.lake)).version).toBe(14);
  await tendIndex(app.ports);
  expect(await timelines(app)).toEqual(USERS.map((user) => workload.timeline(user)));

  const afterwards = await app.central();
  expect(afterwards.expired.segments.filter((key) => marked.has(key)).length).toBeGreaterThan(0);
});
