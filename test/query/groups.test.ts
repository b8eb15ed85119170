/** Groups over all users, and who is in them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Database } from '../../platform/ports.ts';
import { CALLS_MAX } from '../../query/identity/calls.ts';
import { readGroupSeen, readGroups, readGroupTraits } from '../../query/identity/groups.ts';
import { readMembers } from '../../query/identity/members.ts';
import type { IdPage } from '../../query/identity/page.ts';
import { resolveUser } from '../../query/identity/resolve-user.ts';
import { GROUP_ID_LENGTH_MAX } from '../../query/index/folds.ts';
import { finishRebuild, startRebuild, writeToSlot } from '../../query/index/rebuild.ts';
import { writeRows } from '../../query/index/write.ts';
import { atOneMoment } from '../../query/resolve/moment.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { winners } from '../equivalence/timeline.model.ts';
import { makeRow, openIndex, pack, T0, watched } from './support.ts';

let made = 0;
function own(columns: Partial<EventRow>): EventRow {
  made += 1;
  return makeRow({ message_id: `m${made}`, pack_id: pack(made), ...columns });
}

const names = (user: string, group: string, columns: Partial<EventRow> = {}): EventRow =>
  own({ type: 'group', user_key: user, group_id: group, ...columns });
const identify = (user: string, device: string): EventRow =>
  own({ type: 'identify', user_key: user, anonymous_id: device });
const retract = ({ source, message_id }: EventRow): EventRow =>
  own({ type: 'retraction', user_key: 'support', timestamp: 0, name: source, previous_id: message_id });

type ReadPage = (after: string | null) => Promise<IdPage>;
const asOf = async (): Promise<number> => T0;
const groupsOf =
  (index: Database, first = 100): ReadPage =>
  (after) =>
    readGroups(index, { first, after }, asOf);
const membersOf =
  (index: Database, group: string, first = 100): ReadPage =>
  (after) =>
    readMembers(index, { group, first, after }, asOf);

/** All pages, with something done between them. */
async function walk(read: ReadPage, between: () => Promise<void> = async () => {}): Promise<string[]> {
  const ids: string[] = [];
  let after: string | null = null;
  for (let pages = 0; pages < 500; pages += 1) {
    const page = await read(after);
    ids.push(...page.ids);
    if (!page.hasNextPage) return ids;
    after = page.end === null ? null : page.cursor(page.end);
    await between();
  }
  throw new Error('the pages do not end');
}

async function rebuild(index: Database, rows: readonly EventRow[]): Promise<void> {
  const started = await startRebuild(index);
  await writeToSlot(index, started, rows);
  await finishRebuild(index, started);
}

test('a group has the latest value of each trait over the calls of all users, and when it was named', async () => {
  const index = openIndex();
  await writeRows(index, [
    names('ann', 'acme', { timestamp: T0 + 1, traits: '{"plan":"free","seats":3}' }),
    names('bob', 'acme', { timestamp: T0 + 3, traits: '{"plan":"pro"}' }),
    names('cy', 'acme', { timestamp: T0 + 2, traits: null }),
    names('cy', 'other', { timestamp: T0 + 9, traits: '{"plan":"none"}' }),
    own({ group_id: 'passing by' }),
  ]);
  expect(await readGroupTraits(index, 'acme')).toEqual({ plan: 'pro', seats: 3 });
  expect(await readGroupSeen(index, 'acme')).toEqual({ first: T0 + 1, last: T0 + 3 });
  expect(await walk(groupsOf(index))).toEqual(['acme', 'other']);
  expect(await walk(membersOf(index, 'acme'))).toEqual(['ann', 'bob', 'cy']);
});

test('one that nobody named has nothing', async () => {
  const index = openIndex();
  await writeRows(index, [names('ann', 'acme')]);
  for (const id of ['nobody', '', 'x'.repeat(2_000)]) {
    expect(await readGroupTraits(index, id)).toEqual({});
    expect(await readGroupSeen(index, id)).toEqual({ first: null, last: null });
  }
  expect(await walk(membersOf(index, 'nobody'))).toEqual([]);
});

test('a call that is taken back counts no more, before or after it arrives and after a rebuild', async () => {
  const [wrong, alone] = [
    names('bob', 'acme', { timestamp: T0 + 9, traits: '{"plan":"wrong"}' }),
    names('bob', 'typo', { timestamp: T0 + 9 }),
  ];
  const right = names('ann', 'acme', { timestamp: T0, traits: '{"plan":"pro"}' });
  const rows = [wrong, alone, right, retract(wrong), retract(alone)];
  for (const order of [rows, rows.toReversed()]) {
    const index = openIndex();
    for (const row of order) await writeRows(index, [row]);
    for (const _ of ['at once', 'after a rebuild']) {
      expect(await readGroupTraits(index, 'acme')).toEqual({ plan: 'pro' });
      expect(await readGroupSeen(index, 'acme')).toEqual({ first: T0, last: T0 });
      expect(await walk(groupsOf(index, 1))).toEqual(['acme']);
      expect(await walk(membersOf(index, 'acme'))).toEqual(['ann']);
      await rebuild(index, order);
    }
  }
});

test('of copies that name different groups the first to arrive counts', async () => {
  const index = openIndex();
  const late = names('ann', 'late', { message_id: 'same', received_at: T0 + 9 });
  const early = names('bob', 'early', { message_id: 'same', received_at: T0 + 5 });
  await writeRows(index, [late]);
  expect(await walk(groupsOf(index))).toEqual(['late']);
  await writeRows(index, [early]);
  expect(await walk(groupsOf(index))).toEqual(['early']);
  expect(await walk(membersOf(index, 'late'))).toEqual([]);
  expect(await walk(membersOf(index, 'early'))).toEqual(['bob']);
});

test('a person with several keys is one member, under the first of them that names the group', async () => {
  const index = openIndex();
  await writeRows(index, [
    names('laptop', 'acme'),
    names('phone', 'acme'),
    names('ann', 'acme'),
    names('ann', 'club'),
    names('zoe', 'acme'),
    identify('ann', 'laptop'),
    identify('ann', 'phone'),
    identify('ann', 'a tablet that names none'),
  ]);
  expect(await walk(membersOf(index, 'acme', 1))).toEqual(['ann', 'zoe']);
  expect(await walk(membersOf(index, 'club', 1))).toEqual(['ann']);
});

test('members on the pages are those of the moment of the first, though keys join and part in between', async () => {
  const index = openIndex();
  const parting = identify('dan', 'carl');
  await writeRows(index, [...['bob', 'carl', 'dan', 'eve'].map((user) => names(user, 'acme')), parting]);
  let page = 0;
  const seen = await walk(membersOf(index, 'acme', 1), async () => {
    page += 1;
    if (page > 1) return;
    // Eve is known by a key now that would have come before bob; and carl is dan no more.
    await writeRows(index, [names('aaa', 'acme'), identify('eve', 'aaa'), retract(parting), names('zoe', 'acme')]);
  });
  expect(seen).toEqual(['bob', 'carl', 'eve']);
  expect(await walk(membersOf(index, 'acme', 1))).toEqual(['aaa', 'bob', 'carl', 'dan', 'zoe']);
});

test('a cursor of members fits its group alone, and nobody can make one', async () => {
  const index = openIndex();
  await writeRows(index, [names('ann', 'acme'), names('bob', 'acme')]);
  const page = await membersOf(index, 'acme', 1)(null);
  const cursor = page.cursor('ann');
  expect((await membersOf(index, 'acme', 1)(cursor)).ids).toEqual(['bob']);
  await expect(membersOf(index, 'club')(cursor)).rejects.toThrow('cursor');
  await expect(membersOf(openIndex(), 'acme')(cursor)).rejects.toThrow('cursor');
  for (const other of ['', 'nonsense', (await groupsOf(index)(null)).cursor('acme')]) {
    await expect(membersOf(index, 'acme')(other)).rejects.toThrow('cursor');
  }
  await expect(groupsOf(index)(cursor)).rejects.toThrow('cursor');
});

test('groups that are named between pages come where they lie, and each group once', async () => {
  const index = openIndex();
  const ids = Array.from({ length: 40 }, (_, at) => `g${String(at).padStart(2, '0')}`);
  for (const [at, id] of ids.entries()) if (at % 2 === 0) await writeRows(index, [names('ann', id), names('bob', id)]);
  let late = 1;
  const seen = await walk(groupsOf(index, 3), async () => {
    await writeRows(index, [names('cy', ids[late] ?? ''), names('ann', ids[39 - late] ?? '')]);
    late += 2;
  });
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toEqual(seen.toSorted());
  expect(seen).toEqual(expect.arrayContaining(ids.filter((_, at) => at % 2 === 0)));
});

test('ids that are too long for an index are known of their users alone', async () => {
  const index = openIndex();
  const [longest, longer] = ['😀'.repeat(GROUP_ID_LENGTH_MAX), `x${'語'.repeat(GROUP_ID_LENGTH_MAX)}`];
  await writeRows(index, [names('ann', longest), names('ann', longer, { traits: '{"a":1}' })]);
  expect(await walk(groupsOf(index))).toEqual([longest]);
  expect(await walk(membersOf(index, longest, 1))).toEqual(['ann']);
  expect(await walk(membersOf(index, longer))).toEqual([]);
});

test('a page comes short where very many calls were taken back, and the walk still finds what counts', async () => {
  const index = openIndex();
  const wrong = Array.from({ length: 40 }, (_, at) => names(`b${String(at).padStart(2, '0')}`, 'acme'));
  await writeRows(index, [names('ann', 'acme'), ...wrong, names('zoe', 'acme'), ...wrong.map(retract)]);
  const page = await membersOf(index, 'acme', 2)(null);
  expect([page.ids, page.hasNextPage]).toEqual([['ann'], true]);
  expect(await walk(membersOf(index, 'acme', 2))).toEqual(['ann', 'zoe']);
});

test('a group of very many calls is folded from the latest, its first call is known, and its pages look at few rows', async () => {
  const index = openIndex();
  const calls = Array.from({ length: CALLS_MAX + 50 }, (_, at) =>
    names('ann', 'acme', { timestamp: T0 + at, traits: JSON.stringify(at < 50 ? { old: at } : { plan: at }) }),
  );
  await writeRows(index, [...calls, names('bob', 'zoo')]);
  expect(await readGroupTraits(index, 'acme')).toEqual({ plan: CALLS_MAX + 49 });
  expect(await readGroupSeen(index, 'acme')).toEqual({ first: T0, last: T0 + CALLS_MAX + 49 });
  const { database, counter } = watched(index);
  expect(await walk(groupsOf(database))).toEqual(['acme', 'zoo']);
  expect(counter.reads).toBe(3);
  const plan = await index
    .prepare(`explain query plan select group_id from group_members_a where group_id > 'a' order by group_id limit 1`)
    .all<{ detail: string }>();
  expect(plan.results.map(({ detail }) => detail).join()).toContain('SEARCH');
});

const USERS = ['a', 'b', 'c', 'd', 'e'];
const GROUPS = ['g', 'h', 'i'];
const eventArbitrary = fc.record({
  identity: fc.nat(40),
  type: fc.constantFrom('group', 'group', 'group', 'identify', 'alias', 'retraction', 'track'),
  user: fc.constantFrom(...USERS),
  other: fc.constantFrom(...USERS),
  group: fc.constantFrom(...GROUPS),
  seconds: fc.nat(6),
  received: fc.nat(4),
});

test('groups and members are what the calls say, in any order, with copies, over pages and after a rebuild', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(eventArbitrary, { maxLength: 60, size: 'max' }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 3 }),
      async (events, portion, first) => {
        const rows = events.map(({ identity, type, user, other, group, seconds, received }, at) =>
          makeRow({
            ...{ message_id: `m${identity}`, type, user_key: user, anonymous_id: other, group_id: group },
            previous_id: type === 'alias' ? other : type === 'retraction' ? `m${(identity * 7) % 40}` : null,
            name: type === 'retraction' ? 'web' : null,
            timestamp: type === 'retraction' ? 0 : T0 + seconds,
            received_at: T0 + 10 + received,
            pack_id: pack(at),
            traits: JSON.stringify({ [`t${identity % 3}`]: at }),
          }),
        );
        const index = openIndex();
        const compare = async (counted: readonly EventRow[]): Promise<void> => {
          const calls = model(counted);
          expect(await walk(groupsOf(index, first))).toEqual([...new Set(calls.map((row) => row.group_id))].sort());
          for (const group of GROUPS) {
            const own = calls.filter((row) => row.group_id === group);
            expect(await readGroupTraits(index, group)).toEqual(traitsOf(own));
            const times = own.map((row) => row.timestamp).sort();
            expect(await readGroupSeen(index, group)).toEqual({
              first: times[0] ?? null,
              last: times.at(-1) ?? null,
            });
            expect(await walk(membersOf(index, group, first))).toEqual(await membersIn(index, own));
          }
        };
        const half = Math.floor(rows.length / 2);
        for (let start = 0; start < half; start += portion) {
          await writeRows(index, rows.slice(start, Math.min(half, start + portion)));
        }
        // What page one showed is on the pages, whatever comes in between.
        const due = await membersIn(
          index,
          model(rows.slice(0, half)).filter((row) => row.group_id === 'g'),
        );
        let rest = rows.slice(half);
        const walked = await walk(membersOf(index, 'g', first), async () => {
          await writeRows(index, rest.slice(0, portion));
          rest = rest.slice(portion);
        });
        expect(walked).toEqual(due);
        await writeRows(index, rest);
        await compare(rows);
        await rebuild(index, rows.toReversed());
        await compare(rows);
        index.close();
      },
    ),
    { numRuns: 60, interruptAfterTimeLimit: 5_000 },
  );
});

/** The group calls that count. */
function model(rows: readonly EventRow[]): EventRow[] {
  const counted = winners(rows);
  const taken = new Set(counted.filter(({ type }) => type === 'retraction').map(({ previous_id }) => previous_id));
  return counted.filter(({ type, message_id }) => type === 'group' && !taken.has(message_id));
}

function traitsOf(calls: readonly EventRow[]): unknown {
  const order = calls.toSorted(
    (a, b) => a.timestamp - b.timestamp || a.received_at - b.received_at || (a.pack_id < b.pack_id ? -1 : 1),
  );
  return Object.assign({}, ...order.map(({ traits }) => JSON.parse(traits ?? '{}')));
}

/** The first key of each person among those who named it. */
async function membersIn(index: Database, calls: readonly EventRow[]): Promise<string[]> {
  const named = new Set(calls.map(({ user_key }) => user_key));
  const members = new Set<string>();
  for (const key of named) {
    const person = await atOneMoment(index, (moment) => resolveUser(index, moment, key));
    const [first] = person.filter((other) => named.has(other)).sort();
    if (first !== undefined) members.add(first);
  }
  return [...members].sort();
}
