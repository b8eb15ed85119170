import { expect, test } from 'vitest';
import { emptyUnused } from '../../query/index/emptying.ts';
import { decodeEvents } from '../../query/index/hot-events.ts';
import { ROW_CHARACTERS_MAX, toHotRows } from '../../query/index/hot-rows.ts';
import { identityOf, stampOf } from '../../query/index/identity.ts';
import { abandonRebuild, finishRebuild, startRebuild, writeToSlot } from '../../query/index/rebuild.ts';
import { someUsers } from '../../query/index/some-users.ts';
import { readState } from '../../query/index/state.ts';
import { bucketOf, eventsOfUser, userHash } from '../../query/index/users.ts';
import { writeRows } from '../../query/index/write.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { HOUR_MS, MINUTE_MS, makeRow, openIndex, pack, T0, usersOfBucket } from './support.ts';

const inPack = (count: number, make: (index: number) => Partial<EventRow> = () => ({})): EventRow[] =>
  Array.from({ length: count }, (_, index) => makeRow({ message_id: `m${index}`, pack_index: index, ...make(index) }));

async function dump(database: ReturnType<typeof openIndex>, slot = 'a'): Promise<unknown[]> {
  const names = ['events', 'identities', 'traits', 'links', 'members', 'groups', 'group_members', 'retractions'];
  const tables = names.map((table) => database.prepare(`select * from ${table}_${slot}`));
  return Promise.all(tables.map(async (statement) => (await statement.all()).results));
}

test('events of one bucket share a row, those of each user together and newest first', () => {
  const [other = ''] = usersOfBucket(bucketOf('ann'), 1);
  const rows = inPack(4, (index) => ({
    timestamp: T0 + index * MINUTE_MS,
    ...(index === 1 ? { user_key: other } : {}),
  }));
  const [row, ...others] = toHotRows(rows);
  expect(others).toEqual([]);
  expect(row).toMatchObject({ bucket: bucketOf('ann'), newest: T0 + 3 * MINUTE_MS, oldest: T0 });
  const held = (user: string): string[] | null => {
    const text = eventsOfUser(row?.users ?? '', row?.events ?? '', userHash(user));
    return text === null ? null : decodeEvents(text).map(({ messageId }) => messageId);
  };
  expect(held('ann')).toEqual(['m3', 'm2', 'm0']);
  expect(held(other)).toEqual(['m1']);
  expect(held('nobody')).toBeNull();
});

test('users who came last are known by their keys, each once', async () => {
  const database = openIndex();
  const of = (user: string, identified: boolean, pack_id: string): EventRow =>
    makeRow({ user_key: user, user_id: identified ? user : null, anonymous_id: user, pack_id, message_id: pack_id });
  await writeRows(database, [of('early', true, pack(1))]);
  await writeRows(database, [of('ann', true, pack(2))]);
  await writeRows(database, [of('ann', true, pack(3)), of('anonymous', false, pack(4))]);
  expect((await someUsers(database, 3)).sort()).toEqual(['ann', 'anonymous']);
  expect(await someUsers(openIndex(), 3)).toEqual([]);
});

test('buckets, more than an hour and more than 256 KB part rows', () => {
  expect(toHotRows([makeRow(), makeRow({ user_key: 'bob' }), makeRow({ pack_id: pack(2) })])).toHaveLength(2);
  const hours = inPack(4, (index) => ({ timestamp: T0 + (index * HOUR_MS) / 2 }));
  expect(toHotRows(hours).map(({ oldest, newest }) => newest - oldest)).toEqual([0, HOUR_MS]);
  const large = inPack(20, () => ({ properties: JSON.stringify({ text: 'x'.repeat(30_000) }) }));
  const rows = toHotRows(large);
  expect(rows).toHaveLength(3);
  for (const { events } of rows) expect(events.length).toBeLessThanOrEqual(ROW_CHARACTERS_MAX + 100);
});

test('ten thousand events of as many users are a row a bucket', () => {
  const rows = toHotRows(inPack(10_000, (index) => ({ user_key: `user ${index}` })));
  expect(rows.length).toBeLessThanOrEqual(1_024);
});

test('rejected events are left out', () => {
  expect(toHotRows([makeRow({ verdict: 'rejected', type: 'failed', user_key: '' })])).toEqual([]);
});

test('stamps compare as text like arrival, pack and place in the pack', () => {
  const stamps = [
    stampOf(T0, pack(9), 9),
    stampOf(T0, pack(9), 36),
    stampOf(T0, pack(9), 1_000),
    stampOf(T0, pack(16), 0),
    stampOf(T0 + 1, pack(0), 0),
    stampOf(36 ** 8, pack(0), 0),
  ];
  expect([...stamps].sort()).toEqual(stamps);
});

test('one identity is one (source, messageId), however long, and begins as the id does', () => {
  const long = 'x'.repeat(64);
  const pairs = [
    ['web', 'm1'],
    ['webm', '1'],
    ['web', `${long}1`],
    ['web', `${long}2`],
    ['app', `${long}1`],
    ['web', identityOf('web', `${long}1`).slice(0, -7)],
  ] as const;
  const identities = pairs.map(([source, messageId]) => identityOf(source, messageId));
  expect(new Set(identities).size).toBe(pairs.length);
  expect(identityOf('web', 'm1')).toBe(identityOf('web', 'm1'));
  expect(identityOf('web', 'node-next-1795369469519-0b6ab0a8')).toMatch(/^node-next-1795369469519-/);
  for (const identity of identities) expect(identity.length).toBeLessThanOrEqual(71);
});

test('rows written twice change nothing', async () => {
  const database = openIndex();
  const rows = inPack(40, (index) => ({ timestamp: T0 + index * MINUTE_MS, type: 'identify', traits: '{"a":1}' }));
  await writeRows(database, rows);
  const once = await dump(database);
  await writeRows(database, rows);
  expect(await dump(database)).toEqual(once);
});

test('part of a row written first does not keep the rest of it out', async () => {
  const database = openIndex();
  const rows = inPack(2);
  await writeRows(database, rows.slice(0, 1));
  await writeRows(database, rows);
  const { results } = await database.prepare('select events from events_a').all<{ events: string }>();
  expect(results.map(({ events }) => decodeEvents(events).length).sort()).toEqual([1, 2]);
});

test('a failed write leaves no event without its identity', async () => {
  const database = openIndex();
  database.execute("create trigger full before insert on traits_a begin select raise(abort, 'disk full'); end");
  await expect(writeRows(database, [makeRow({ type: 'identify', traits: '{}' })])).rejects.toThrow('disk full');
  expect((await dump(database)).flat()).toEqual([]);
  expect((await readState(database)).sequence).toBe(0);
});

test('many rows take few statements: no more than 500 a batch', async () => {
  const database = openIndex();
  const batches: number[] = [];
  const counted = {
    prepare: (sql: string) => database.prepare(sql),
    batch: (statements: Parameters<typeof database.batch>[0]) => {
      batches.push(statements.length);
      return database.batch(statements);
    },
  };
  await writeRows(
    counted,
    inPack(10_000, (index) => ({ user_key: `user ${index % 5_000}` })),
  );
  expect(Math.max(...batches)).toBeLessThanOrEqual(500);
  expect(batches.reduce((sum, count) => sum + count)).toBeLessThan(900);
});

test('a rebuild starts from nothing, and its slot is the one in use once it ends', async () => {
  const database = openIndex();
  const names = makeRow({ message_id: 'g', type: 'group', group_id: 'acme', pack_index: 1 });
  await writeRows(database, [makeRow(), names]);
  const first = await startRebuild(database);
  expect(first.slot).toBe('b');
  await writeToSlot(database, first, [makeRow({ message_id: 'stale' }), { ...names, group_id: 'stale' }]);
  await abandonRebuild(database, first);

  const second = await startRebuild(database);
  await writeToSlot(database, second, [makeRow({ message_id: 'm2' })]);
  await finishRebuild(database, second);
  expect(await readState(database)).toMatchObject({ active: 'b', building: null });
  expect(JSON.stringify(await dump(database, 'b'))).not.toContain('stale');
  expect(await emptyUnused(database, async () => true)).toBe(true);
  expect((await dump(database, 'a')).flat()).toEqual([]);
});

test('writers fill the slot that is being rebuilt too, until the rebuild is abandoned', async () => {
  const database = openIndex();
  const rebuild = await startRebuild(database);
  await writeRows(database, [makeRow()]);
  expect(await dump(database, 'b')).toEqual(await dump(database, 'a'));
  await abandonRebuild(database, rebuild);
  await writeRows(database, [makeRow({ message_id: 'm2', pack_index: 1 })]);
  expect(JSON.stringify(await dump(database, 'b'))).not.toContain('m2');
});

test('a rebuild whose place another took changes nothing any more', async () => {
  const database = openIndex();
  await writeRows(database, [makeRow()]);
  const before = await dump(database);
  const first = await startRebuild(database);
  const second = await startRebuild(database);
  await expect(finishRebuild(database, first)).rejects.toThrow();
  await abandonRebuild(database, first);
  expect(await readState(database)).toMatchObject({ active: 'a', building: 'b' });
  expect(await dump(database)).toEqual(before);
  await finishRebuild(database, second);
  expect(await readState(database)).toMatchObject({ active: 'b', building: null });
});
