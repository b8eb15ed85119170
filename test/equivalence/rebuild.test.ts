/** A read model can be thrown away: the hot index made again from the log gives the same answers, while all goes on. */
import { afterEach, expect, it } from 'vitest';
import { tableFiles } from '../../lakehouse/catalog/files.ts';
import { openLog } from '../../lakehouse/catalog/log.ts';
import { buildTimeline } from '../../lakehouse/timeline/build.ts';
import { tendHotWindow } from '../../platform/app/hot-window.ts';
import { beginRebuild, continueRebuild } from '../../platform/app/rebuild.ts';
import { rebuildNow, requestRebuild, tendIndex } from '../../platform/app/tend.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import { readState } from '../../query/index/state.ts';
import type { Gate } from './gate.ts';
import { type JoinedApp, openJoined } from './joined.ts';
import { answersTo, lasting, record, sendPeople } from './recorded.ts';
import { timelineOf, timelinePage } from './views.ts';
import { USERS, Workload } from './workload.ts';

const MINUTE_MS = 60_000;
const REQUESTS = 30;
/** Events of a first page. */
const FIRST = 3;

/** What happens right after each call of the lake or the index; it may throw. Its own calls do not count. */
let between: (() => Promise<void>) | null = null;
/** Nothing works any more. */
let killed = false;
const gate: Gate = async (_call, run) => {
  if (killed) throw new Error('killed');
  const result = await run();
  const step = between;
  if (step === null) return result;
  between = null;
  try {
    await step();
  } finally {
    between = step;
  }
  return result;
};

let app: JoinedApp;
let workload: Workload;
afterEach(() => {
  between = null;
  killed = false;
  app.close();
});

/** A log of a table and segments, with copies that came in another order than they count. */
async function openFilled(): Promise<void> {
  app = await openJoined({ lakeGate: gate, indexGate: gate });
  workload = new Workload(app, seededRandom(11));
  for (let request = 0; request < REQUESTS; request += 1) {
    await workload.send();
    app.sim.queue.shuffle(seededRandom(request));
    if (request % 3 === 2) await app.deliver(2);
    if (request === REQUESTS / 2) await app.central();
  }
  await app.drain();
}

const PAGE = `id messageId source type event name userId groupId timestamp receivedAt properties traits context`;
const QUESTIONS = `query ($user: ID!, $after: String) { user(id: $user) {
  profile { traits updatedAt }
  all: events(first: ${FIRST}, after: $after) { edges { cursor node { ${PAGE} } } pageInfo { hasNextPage endCursor } asOf }
  tracks: events(first: 3, types: [track], events: ["Clicked", "Product Added"], from: "2026-07-01") {
    nodes { ${PAGE} } pageInfo { hasNextPage endCursor } } } }`;

/** Every user's first page, and the page behind a cursor that was given out before. */
async function cursors(): Promise<Map<string, string | null>> {
  const pages = await Promise.all(USERS.map((user) => timelinePage(app, user, FIRST, null)));
  return new Map(pages.map(({ endCursor }, position) => [USERS[position] ?? '', endCursor]));
}

async function answers(after: ReadonlyMap<string, string | null>): Promise<unknown[]> {
  const first = USERS.map((user) => app.ask(QUESTIONS, { user, after: null }));
  const second = [...after].map(([user, cursor]) => app.ask(QUESTIONS, { user, after: cursor }));
  return Promise.all([...first, ...second]);
}

const rebuild = (): Promise<number | null> => rebuildNow(app.ports, () => {});

/** Lets events leave the index for the files of the timeline, as hours go by. @returns how many rows went */
async function letLeave(): Promise<number> {
  let dropped = 0;
  for (let round = 0; round < 5 && dropped === 0; round += 1) {
    await workload.send();
    await app.drain();
    await tendHotWindow(app.ports, 0);
    await app.central();
    await app.sim.clock.advance(70 * MINUTE_MS);
    dropped = await tendHotWindow(app.ports, 0);
  }
  return dropped;
}

it('every answer of the recorded set is the same before and after, cursors too', async () => {
  await openFilled();
  await sendPeople(app);
  await app.drain();
  expect(await letLeave()).toBeGreaterThan(10);
  const questions = await record(app);
  const before = await answersTo(app, questions);
  const text = JSON.stringify(before);
  // What the set is to speak of is in it.
  expect(text.match(/"hasNextPage":true/g)?.length).toBeGreaterThan(USERS.length);
  expect(text).toContain('"name":"Ann"');
  expect(text).toContain('"text":"Is it warm?"');
  expect(text).toContain('"id":"team","nodeId"');
  expect(text).toMatch(/"name":"server","lastSeen":"20/);
  expect(text).not.toContain('"messageId":"laptop 1"');
  expect(text).not.toContain('"id":"p2","name":null,"category":null,"views":0');
  expect(questions.length).toBeGreaterThan(25);

  expect(await rebuild()).toBeGreaterThan(workload.winners.size);
  expect(await answersTo(app, questions)).toEqual(before);

  await requestRebuild(app.ports.lake);
  await tendIndex(app.ports);
  expect(await answersTo(app, questions)).toEqual(before);

  await buildTimeline({ ...app.ports, files: app.files, config: app.config }, 'anew');
  const anew = await record(app);
  expect(lasting(await answersTo(app, anew))).toEqual(lasting(before));
});

it('between any two steps events are taken in and answers are right', async () => {
  await openFilled();
  const given = await cursors();
  const promised = new Map(await Promise.all(USERS.map(async (user) => [user, workload.timeline(user)] as const)));
  let steps = 0;
  between = async () => {
    steps += 1;
    if (steps % 3 === 0) await workload.send();
    if (steps % 5 === 0) await app.drain();
    const user = USERS[steps % USERS.length] ?? '';
    if (app.sim.queue.waiting === 0) expect(await timelineOf(app, user)).toEqual(workload.timeline(user));
  };
  expect(await rebuild()).toBeGreaterThan(0);
  between = null;
  expect(steps).toBeGreaterThan(10);

  await app.drain();
  for (const user of USERS) {
    expect(await timelineOf(app, user)).toEqual(workload.timeline(user));
    // A cursor goes on behind the first page: what was there comes once, what came since at most once.
    const rest = await timelineOf(app, user, given.get(user) ?? null);
    expect(rest).toEqual([...new Set(rest)]);
    expect(rest).toEqual(expect.arrayContaining(promised.get(user)?.slice(FIRST) ?? []));
  }
  expect(await rebuild()).toBeGreaterThan(0);
});

it('of two at once one rebuilds and the other is told so', async () => {
  await openFilled();
  const results = await Promise.all([rebuild(), rebuild()]);
  expect(results.filter((events) => events === null)).toHaveLength(1);
  for (const user of USERS) expect(await timelineOf(app, user)).toEqual(workload.timeline(user));
  expect(await rebuild()).toBeGreaterThan(0);
});

it('one that fails at any step leaves the old answers, and can be repeated at once', async () => {
  await openFilled();
  const given = await cursors();
  const before = await answers(given);
  let failures = 0;
  for (let limit = 1; ; limit += 3) {
    let steps = 0;
    between = async () => {
      steps += 1;
      if (steps === limit) throw new Error('broken off');
    };
    const outcome = await rebuild().catch((error: unknown) => String(error));
    between = null;
    expect(await answers(given)).toEqual(before);
    if (typeof outcome === 'number') break;
    failures += 1;
    expect(outcome).toBe('Error: broken off');
  }
  expect(failures).toBeGreaterThan(3);
});

it('one whose process is killed leaves the old answers, and counts as lost after half an hour', async () => {
  await openFilled();
  const given = await cursors();
  const before = await answers(given);
  let steps = 0;
  between = async () => {
    steps += 1;
    killed = steps > 12;
  };
  await expect(rebuild()).rejects.toThrow('killed');
  between = null;
  killed = false;
  expect(await answers(given)).toEqual(before);
  expect(await rebuild()).toBeNull();

  // What is written by now goes into both indexes.
  await workload.send();
  await app.drain();
  await app.sim.clock.advance(31 * MINUTE_MS);
  await tendIndex(app.ports);
  for (const user of USERS) expect(await timelineOf(app, user)).toEqual(workload.timeline(user));
  expect(await rebuild()).toBeGreaterThan(0);
});

/** Rows of the slot in use, without what counts the writes. */
async function rowsInUse(): Promise<string[]> {
  const { index } = app.sim;
  const { active } = await readState(index);
  const rows: string[] = [];
  for (const table of [
    'events',
    'identities',
    'traits',
    'links',
    'members',
    'groups',
    'group_members',
    'retractions',
  ]) {
    const { results } = await index.prepare(`select '${table}' as name, * from "${table}_${active}"`).all();
    rows.push(...results.map((row) => JSON.stringify({ ...row, sequence: 0 })));
  }
  const { results } = await index.prepare('select * from sources').all();
  return [...rows, ...results.map((row) => JSON.stringify(row))].sort();
}

/** One row group. */
const STEP = { milliseconds: Number.POSITIVE_INFINITY, batches: 1 };

/** As a cron does whose time is over after each row group. @returns how many runs it took */
async function rebuildInRuns(meanwhile: (run: number) => Promise<void>): Promise<number> {
  await requestRebuild(app.ports.lake);
  for (let run = 1; ; run += 1) {
    await tendIndex(app.ports, STEP);
    if ((await app.ports.lake.head('requests/rebuild')) === null) return run;
    await meanwhile(run);
  }
}

it('over many runs it gives the same index as in one go', async () => {
  await openFilled();
  const given = await cursors();
  await rebuild();
  const [due, before] = [await rowsInUse(), await answers(given)];
  expect(await rebuildInRuns(async () => {})).toBeGreaterThan(10);
  expect(await rowsInUse()).toEqual(due);
  expect(await answers(given)).toEqual(before);
});

it('between its runs events come, files are compacted away and a run is killed: the answers are right', async () => {
  await openFilled();
  const runs = await rebuildInRuns(async (run) => {
    if (run % 2 === 0) await workload.send();
    if (run % 4 === 0) await app.drain();
    if (run === 3) {
      // Its files go into others, and are deleted.
      await app.central();
      await app.sim.clock.advance(3 * 60 * MINUTE_MS);
      await app.central();
    }
    if (run === 6) {
      killed = true;
      await expect(tendIndex(app.ports, STEP)).rejects.toThrow('killed');
      killed = false;
    }
    expect(run).toBeLessThan(200);
  });
  expect(runs).toBeGreaterThan(6);
  await app.drain();
  for (const user of USERS) expect(await timelineOf(app, user)).toEqual(workload.timeline(user));
  const shown = await rowsInUse();
  await rebuild();
  const identities = (rows: readonly string[]): string[] => rows.filter((row) => row.includes('"name":"identities"'));
  // Compaction has left out copies since.
  expect(identities(shown)).toEqual(expect.arrayContaining(identities(await rowsInUse())));
});

it('files that were still to be read and are gone when their turn comes are found where compaction put them', async () => {
  await openFilled();
  const before = await answers(await cursors());
  const { lake, index } = app.ports;
  const begun = await beginRebuild(lake, index);
  await app.central();
  // Expiry takes them once nobody may still read them; here it is quicker.
  const log = await openLog(lake);
  const named = new Set([...(await tableFiles(lake, log.snapshot)), ...log.segments].map(({ key }) => key));
  const gone = begun.left.filter((key) => !named.has(key));
  expect(gone.length).toBeGreaterThan(0);
  await lake.delete(gone);
  await continueRebuild(lake, index, begun, async () => true);
  expect(await answers(await cursors())).toEqual(before);
});

it('another rebuild that took its place makes it begin anew', async () => {
  await openFilled();
  const before = await answers(await cursors());
  let interrupted = false;
  await rebuildInRuns(async (run) => {
    if (run !== 4) return;
    const stored = await (await app.ports.lake.get('requests/rebuild'))?.text();
    // One that another process did by hand, and with it the request that was there.
    await rebuild();
    await app.ports.lake.put('requests/rebuild', stored ?? '');
    interrupted = true;
  });
  expect(interrupted).toBe(true);
  expect(await answers(await cursors())).toEqual(before);
});
