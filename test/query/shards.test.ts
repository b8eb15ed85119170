/** The events of the hot index over several databases: which one holds what shows in no answer. */
import { expect, test } from 'vitest';
import type { SqliteDatabase } from '../../platform/bun/sqlite-database.ts';
import type { HotIndex } from '../../platform/ports.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import { ofPerson } from '../../query/identity/person.ts';
import { emptyUnused } from '../../query/index/emptying.ts';
import { finishRebuild, startRebuild, writeToSlot } from '../../query/index/rebuild.ts';
import { shardOf } from '../../query/index/shards.ts';
import { bucketOf } from '../../query/index/users.ts';
import { writeRows } from '../../query/index/write.ts';
import { eventId, readEvent } from '../../query/resolve/event.ts';
import { type Page, readTimeline } from '../../query/resolve/timeline.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { label, modelTimeline } from '../equivalence/timeline.model.ts';
import { openService } from './serve.support.ts';
import { MINUTE_MS, makeRow, openIndex, pack, T0, WHOLE_TIMELINE } from './support.ts';

const USERS = Array.from({ length: 30 }, (_, user) => `user ${user}`);
const EVERYTHING = { from: null, to: null, types: null, events: null };

function open(count: number): { databases: SqliteDatabase[]; index: (wanted: number, bound?: number) => HotIndex } {
  const databases = Array.from({ length: count }, () => openIndex());
  const [first, ...others] = databases;
  if (first === undefined) throw new Error('no database');
  const index = (wanted: number, bound = count): HotIndex => ({
    prepare: (sql) => first.prepare(sql),
    batch: (statements) => first.batch(statements),
    beside: others.slice(0, bound - 1),
    shards_wanted: wanted,
  });
  return { databases, index };
}

/** About a third are copies of others, nearly all of them under another user and in another database. */
function someRows(seed: number, from: number, count: number): EventRow[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, at) =>
    makeRow({
      message_id: `m${random.below(count)}`,
      user_key: USERS[random.below(USERS.length)] ?? '',
      timestamp: T0 + random.below(90) * MINUTE_MS,
      pack_id: pack(from + random.below(count)),
      pack_index: at,
    }),
  );
}

async function read(index: HotIndex, user: string, after: string | null = null, first = 1_000): Promise<Page> {
  return readTimeline(index, { ...WHOLE_TIMELINE, users: [user], first, after }, async () => T0);
}

const labelsOf = ({ edges }: Page): string[] =>
  edges.map(({ event }) => label(event.timestamp, event.source, event.messageId));

async function expectAll(index: HotIndex, rows: readonly EventRow[]): Promise<void> {
  for (const user of USERS) {
    expect(labelsOf(await read(index, user))).toEqual(modelTimeline(rows, { ...EVERYTHING, user }));
  }
}

async function eventsIn(databases: readonly SqliteDatabase[]): Promise<number[]> {
  const counts: number[] = [];
  for (const database of databases) {
    const statement = database.prepare('select 1 from events_a union all select 1 from events_b');
    counts.push((await statement.all()).results.length);
  }
  return counts;
}

async function reshard(index: HotIndex, log: readonly EventRow[], meanwhile: readonly EventRow[]): Promise<void> {
  const rebuild = await startRebuild(index);
  await writeToSlot(index, rebuild, log.slice(0, log.length / 2));
  await writeRows(index, meanwhile);
  await expectAll(index, [...log, ...meanwhile]);
  await writeToSlot(index, rebuild, log.slice(log.length / 2));
  await finishRebuild(index, rebuild);
}

test('from one database to three and back: all answers stay, cursors go on, and no row is left behind', async () => {
  const { databases, index } = open(3);
  const rows = someRows(1, 0, 300);
  await writeRows(index(1), rows);
  expect((await eventsIn(databases)).slice(1)).toEqual([0, 0]);
  await expectAll(index(1), rows);
  const user = USERS[0] ?? '';
  const first = await read(index(1), user, null, 3);
  const expected = modelTimeline(rows, { ...EVERYTHING, user });

  const late = someRows(2, 1_000, 90);
  await reshard(index(3), rows, late);
  const all = [...rows, ...late];
  for (const count of await eventsIn(databases)) expect(count).toBeGreaterThan(5);
  await expectAll(index(3), all);
  expect([...labelsOf(first), ...labelsOf(await read(index(3), user, first.endCursor))]).toEqual(expected);
  for (const { event } of (await read(index(3), user)).edges) {
    expect(await readEvent(index(3), eventId(event))).toMatchObject({ event: { messageId: event.messageId } });
  }
  // The wish for another number changes nothing before the next rebuild.
  await expectAll(index(1), all);
  const later = someRows(3, 2_000, 60);
  await writeRows(index(1), later);
  await expectAll(index(3), [...all, ...later]);

  await reshard(index(1), [...all, ...later], someRows(4, 3_000, 30));
  await emptyUnused(index(1), async () => true);
  expect((await eventsIn(databases)).slice(1)).toEqual([0, 0]);
  await expectAll(index(1, 1), [...all, ...later, ...someRows(4, 3_000, 30)]);
});

test('people are the same over three databases, and what is taken back is so in all of them', async () => {
  const { index } = open(3);
  const target = index(3);
  await finishRebuild(target, await startRebuild(target));
  const apart = USERS.filter((user, at) => USERS.findIndex((other) => inShard(other) === inShard(user)) === at);
  expect(apart).toHaveLength(3);
  const [ann = '', ...devices] = apart;
  const links = devices.map((device, at) =>
    makeRow({ type: 'identify', message_id: `i${at}`, user_key: ann, anonymous_id: device, pack_index: at }),
  );
  const views = apart.map((user, at) =>
    makeRow({ message_id: `v${at}`, user_id: null, anonymous_id: user, user_key: user, pack_index: 10 + at }),
  );
  const retraction = makeRow({ type: 'retraction', message_id: 'r', name: 'web', previous_id: 'v1', pack_index: 20 });
  await writeRows(target, [...links, ...views, retraction]);
  const users = await ofPerson(target, devices[0] ?? '', async (_moment, keys) => keys);
  expect([...users].sort()).toEqual([...apart].sort());
  const page = await readTimeline(target, { ...WHOLE_TIMELINE, users }, async () => T0);
  expect(page.edges.map(({ event }) => event.messageId).sort()).toEqual(['i0', 'i1', 'v0', 'v2']);
});

const inShard = (user: string): number => shardOf(bucketOf(user), 3);

test('over GraphQL the users of every database are answered', async () => {
  const { index } = open(3);
  const rows = someRows(6, 0, 90);
  await writeRows(index(1), rows);
  await reshard(index(3), rows, []);
  const service = await openService({ index: index(3) });
  for (const user of USERS) {
    const { data, codes } = await service.ask(
      'query ($user: ID!) { user(id: $user) { events { nodes { messageId } } } }',
      {
        user,
      },
    );
    expect(codes).toEqual([]);
    const due = modelTimeline(rows, { ...EVERYTHING, user });
    expect(JSON.stringify(data).match(/"messageId"/g)?.length ?? 0).toBe(due.length);
  }
});

test('a database that is missing is an index that is away, never an empty timeline', async () => {
  const { index } = open(3);
  const rows = someRows(5, 0, 60);
  await writeRows(index(1), rows);
  await reshard(index(3), rows, []);
  const missing = USERS.filter((user) => inShard(user) === 2);
  for (const user of missing) {
    await expect(read(index(3, 2), user)).rejects.toMatchObject({ code: 'index_away' });
  }
  await expect(writeRows(index(3, 2), rows)).rejects.toThrow('2 is missing');
  await expect(startRebuild(index(4, 2))).rejects.toThrow('on 4 databases and there are 2');
});

test('the ranges of buckets are equal, and cover them all in order', () => {
  const shards = Array.from({ length: 1_024 }, (_, bucket) => shardOf(bucket, 3));
  expect(shards).toEqual([...shards].sort());
  expect(Object.values(Object.groupBy(shards, String)).map((range) => range?.length)).toEqual([342, 341, 341]);
});
