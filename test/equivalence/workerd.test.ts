/**
 * The same data, the same questions, the same answers: SQLite and a store in memory under Bun, D1 and R2 under workerd. What
 * differs is only what must: when an answer was complete, and the cursors, which carry that.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCompaction } from '../../lakehouse/compact/run.ts';
import { buildTimeline } from '../../lakehouse/timeline/build.ts';
import { consumeBatch, consumerMetrics } from '../../platform/app/consume.ts';
import { tendHotWindow } from '../../platform/app/hot-window.ts';
import { rebuildNow, requestRebuild } from '../../platform/app/tend.ts';
import type { Database, ObjectStore } from '../../platform/ports.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import { isJsonObject } from '../../schemas/event.ts';
import { startWorkerd, type Workerd } from '../support/workerd.ts';
import { type JoinedApp, openJoined, type Source, TOKEN } from './joined.ts';
import { type Question, questionsOf, WALK } from './questions.ts';
import { USERS, Workload } from './workload.ts';

const MINUTE_MS = 60_000;
const PEOPLE = [...USERS.slice(0, 2), 'ada', 'device-1', 'größe 😀', 'nobody'];
const DAY = '2026-07-01';
/** Tables that say when something was done, which another clock says otherwise, and those that D1 adds. */
const TABLES = ['events', 'identities', 'traits', 'links', 'members', 'groups', 'group_members', 'retractions'];

let app: JoinedApp;
let workload: Workload;
let workerd: Workerd;

beforeAll(async () => {
  [app, workerd] = await Promise.all([openJoined({ seed: 5 }), startWorkerd({ readToken: TOKEN })]);
  workload = new Workload(app, seededRandom(3));
});
afterAll(async () => {
  app?.close();
  await workerd?.stop();
});

/** Both get the same packs, a batch at a time. */
async function deliver(limit: number): Promise<void> {
  while (app.sim.queue.waiting > 0) {
    await app.sim.queue.deliver(async (batch) => {
      const packs = batch.messages.map(({ body }) => {
        if (!(body instanceof ArrayBuffer)) throw new TypeError('the queue holds something else than bytes');
        return new Uint8Array(body);
      });
      await workerd.deliver(packs);
      const report = (problem: string): void => expect.fail(problem);
      await consumeBatch(batch, app.ports, consumerMetrics(), { retry_seconds_max: 60, report });
    }, limit);
  }
}

async function compactAndBuild(): Promise<void> {
  const options = { ...app.ports, files: app.files, config: app.config, lake_uri: 'file:///lake' };
  await runCompaction(options);
  await buildTimeline(options, 'now');
}

/** What people send besides the workload: ids that become one person, products, groups, what is taken back. */
async function tell(round: number): Promise<void> {
  const at = app.sim.clock.now();
  const send = async (source: Source, events: readonly object[]): Promise<void> => {
    const batch = events.map((event, place) => ({ messageId: `${source}-${round}-${place}`, ...event }));
    expect((await app.batch(source, batch)).status).toBe(200);
  };
  const product = { product_id: 'p1', name: 'Boots', category: 'shoes', price: 49.5, quantity: 2 };
  const time = (minutes: number) => ({ timestamp: new Date(at - minutes * MINUTE_MS).toISOString() });
  await send('shop', [
    { type: 'track', event: 'Product Viewed', anonymousId: 'device-1', properties: product, ...time(9) },
    {
      type: 'identify',
      userId: 'ada',
      anonymousId: 'device-1',
      traits: { name: 'Ada', avatar: 'https://a.example/1' },
    },
    { type: 'alias', userId: 'ada', previousId: 'ada-old' },
    { type: 'group', userId: 'ada', groupId: 'g1', traits: { name: 'Club', round } },
    {
      type: 'track',
      event: 'Order Completed',
      userId: 'ada',
      properties: { order_id: `o${round}`, total: 99, products: [product] },
    },
    { type: 'track', event: 'Chat Message Sent', userId: 'ada', properties: { product_id: 'p1', text: 'Größe? 😀' } },
    {
      type: 'track',
      event: 'Clicked',
      userId: 'größe 😀',
      properties: { text: '\ufeff"quoted", \\ and \u0000', round },
    },
    { type: 'page', name: 'Home', userId: 'grace', properties: { path: '/', nested: { list: [1, null, { a: 0.1 }] } } },
  ]);
  await send('app', [
    { type: 'track', event: 'Clicked', userId: 'ada-old', messageId: `clicked-${round}`, ...time(5) },
    { type: 'screen', name: 'Start', anonymousId: 'device-1', context: { app: { version: '1.0' }, ip: '203.0.113.7' } },
    { type: 'nonsense', messageId: `f${round}` },
  ]);
  const retracted = { source: 'app', message_id: `clicked-${round}` };
  if (round % 2 === 1)
    await send('server', [{ type: 'track', event: 'Event Retracted', userId: 'ops', properties: retracted }]);
}

/** The lake as the central job left it; the segments are each one's own. */
async function copyLake(): Promise<void> {
  const own = (key: string): boolean => !key.startsWith('segments/');
  const [from, to] = [await objectsOf(app.sim.lake), await objectsOf(workerd.lake)];
  for (const key of from.filter(own)) {
    await workerd.lake.put(key, new Uint8Array((await (await app.sim.lake.get(key))?.arrayBuffer()) ?? []));
  }
  const gone = to.filter((key) => !from.includes(key));
  if (gone.length > 0) await workerd.lake.delete(gone);
}

async function objectsOf(lake: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await lake.list(cursor === undefined ? {} : { cursor });
    keys.push(...page.objects.map(({ key }) => key));
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return keys.sort();
}

/** The tables of both slots, and the one that has none. */
async function rowsOf(database: Database): Promise<Record<string, string[]>> {
  const all: Record<string, string[]> = {};
  for (const table of [...TABLES.flatMap((name) => [`${name}_a`, `${name}_b`]), 'sources']) {
    const { results } = await database.prepare(`select * from "${table}"`).all();
    all[table] = results.map((row) => JSON.stringify(row)).sort();
  }
  return all;
}

interface Inlet {
  ask(question: Question): Promise<{ status: number; text: string }>;
}

const onBun: Inlet = {
  ask: async (question) => answered(await app.post('/graphql', JSON.stringify(question), HEADERS)),
};
const onWorkerd: Inlet = {
  ask: async (question) =>
    answered(
      await fetch(`${workerd.url}/graphql`, { method: 'POST', headers: HEADERS, body: JSON.stringify(question) }),
    ),
};
const HEADERS = {
  'content-type': 'application/json',
  accept: 'application/graphql-response+json',
  authorization: `Bearer ${TOKEN}`,
};

async function answered(response: Response): Promise<{ status: number; text: string }> {
  return { status: response.status, text: await response.text() };
}

/** Without what must differ. */
function bare({ status, text }: { status: number; text: string }): string {
  return `${status} ${text.replaceAll(/"(asOf|cursor|startCursor|endCursor)":"[^"]*"/g, '"$1":"…"')}`;
}

/** All pages of a timeline. */
async function walk({ ask }: Inlet, user: string, order: string): Promise<string[]> {
  const pages: string[] = [];
  let after: string | null = null;
  do {
    const page: { status: number; text: string } = await ask({
      query: WALK,
      variables: { user, order, first: 9, after },
    });
    pages.push(bare(page));
    after = endCursorOf(page.text);
  } while (after !== null && pages.length < 200);
  return pages;
}

/** Null on the last page. */
function endCursorOf(text: string): string | null {
  const { data } = JSON.parse(text);
  const events = isJsonObject(data) && isJsonObject(data.user) ? data.user.events : null;
  const info = isJsonObject(events) ? events.pageInfo : null;
  return isJsonObject(info) && info.hasNextPage === true ? String(info.endCursor) : null;
}

/** @returns how many bytes of answers were the same */
async function expectSame(): Promise<number> {
  let bytes = 0;
  for (const question of questionsOf(PEOPLE, DAY)) {
    const [due, found] = [bare(await onBun.ask(question)), bare(await onWorkerd.ask(question))];
    expect(found, question.query).toBe(due);
    expect(due).not.toContain('"code":"internal"');
    bytes += due.length;
  }
  return bytes + (await walksSame());
}

/** The same of timelines, page by page. */
async function walksSame(): Promise<number> {
  let bytes = 0;
  for (const user of PEOPLE) {
    for (const order of ['NEWEST', 'OLDEST']) {
      const [due, found] = [await walk(onBun, user, order), await walk(onWorkerd, user, order)];
      expect(found).toEqual(due);
      bytes += due.join('').length;
    }
  }
  return bytes;
}

it('hot rows alone: the index is the same, row by row', async () => {
  for (let round = 0; round < 6; round += 1) {
    await workload.send();
    await tell(round);
    await deliver(1 + (round % 3));
  }
  expect(await rowsOf(workerd.index)).toEqual(await rowsOf(app.sim.index));
});

it('answers out of hot rows, timeline files, stored reports and segments that wait, after rows have left the index', async () => {
  let dropped = 0;
  const tend = async (): Promise<void> => {
    dropped += await tendHotWindow(app.sim, 0);
    // What is there of the table and the timeline, its lake gets in the end.
    await tendHotWindow({ lake: app.sim.lake, index: workerd.index, clock: app.sim.clock }, 0);
  };
  for (let round = 6; round < 9; round += 1) {
    await tend();
    await workload.send();
    await tell(round);
    await deliver(2);
    // Reports once, in the end: they take longest.
    await (round < 8 ? compactAndBuild() : app.central());
    await app.sim.clock.advance(70 * MINUTE_MS);
  }
  await tend();
  await copyLake();
  // After the last build: only the index and the log have these.
  await workload.send();
  await tell(9);
  await deliver(2);
  expect(dropped).toBeGreaterThan(5);
  expect(await rowsOf(workerd.index)).toEqual(await rowsOf(app.sim.index));
  expect(await expectSame()).toBeGreaterThan(50_000);
});

it('answers of an index that each made again from its log', async () => {
  await requestRebuild(workerd.lake);
  await workerd.runCron();
  await rebuildNow(app.sim, () => {});
  expect(await rowsOf(workerd.index)).toEqual(await rowsOf(app.sim.index));
  expect(await walksSame()).toBeGreaterThan(10_000);
});
