import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Database } from '../../platform/ports.ts';
import { KEYS_MAX, resolveUser } from '../../query/identity/resolve-user.ts';
import { LINKS_MAX, linkOf } from '../../query/index/links.ts';
import { finishRebuild, startRebuild, writeToSlot } from '../../query/index/rebuild.ts';
import { writeRows } from '../../query/index/write.ts';
import { atOneMoment } from '../../query/resolve/moment.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { winners } from '../equivalence/timeline.model.ts';
import { makeRow, openIndex, pack, T0 } from './support.ts';

let made = 0;
function own(overrides: Partial<EventRow>): EventRow {
  made += 1;
  return makeRow({ message_id: `m${made}`, pack_id: pack(made), ...overrides });
}

const identify = (user: string, anonymous: string, overrides: Partial<EventRow> = {}): EventRow =>
  own({ type: 'identify', user_key: user, anonymous_id: anonymous, ...overrides });
const alias = (user: string, previous: string, overrides: Partial<EventRow> = {}): EventRow =>
  own({ type: 'alias', user_key: user, previous_id: previous, ...overrides });

function keysOf(database: Database, id: string): Promise<string[]> {
  return atOneMoment(database, (moment) => resolveUser(database, moment, id));
}

async function rowsOf(database: Database, table: string): Promise<number> {
  return (await database.prepare(`select 1 from ${table}`).all()).results.length;
}

test('identify and alias make one person, found by any of the ids', async () => {
  const index = openIndex();
  await writeRows(index, [identify('ann', 'laptop'), identify('ann', 'phone'), alias('ann@example.com', 'ann')]);
  const person = ['ann', 'ann@example.com', 'laptop', 'phone'];
  for (const id of person) {
    const keys = await keysOf(index, id);
    expect(keys[0]).toBe(id);
    expect(keys.sort()).toEqual(person);
  }
  expect(await keysOf(index, 'nobody')).toEqual(['nobody']);
});

test('two people on one device stay two, and the device belongs to the first by time, whichever call arrives first', async () => {
  const calls = [identify('ann', 'kiosk', { timestamp: T0 }), identify('bob', 'kiosk', { timestamp: T0 + 1 })];
  for (const order of [calls, calls.toReversed()]) {
    const index = openIndex();
    for (const row of order) await writeRows(index, [row]);
    expect(await keysOf(index, 'ann')).toEqual(['ann', 'kiosk']);
    expect(await keysOf(index, 'kiosk')).toEqual(['kiosk', 'ann']);
    expect(await keysOf(index, 'bob')).toEqual(['bob']);
  }
});

test('aliases in a circle are one person', async () => {
  const index = openIndex();
  await writeRows(index, [alias('b', 'a'), alias('c', 'b'), alias('a', 'c')]);
  for (const id of ['a', 'b', 'c']) expect((await keysOf(index, id)).sort()).toEqual(['a', 'b', 'c']);
});

test('of more ids than a person may have those linked last count', async () => {
  const index = openIndex();
  const count = KEYS_MAX + 20;
  await writeRows(
    index,
    Array.from({ length: count }, (_, day) => identify('ann', `visit ${day}`, { timestamp: T0 + day })),
  );
  const latest = Array.from({ length: KEYS_MAX - 1 }, (_, back) => `visit ${count - 1 - back}`);
  expect(await keysOf(index, 'ann')).toEqual(['ann', ...latest]);
  expect((await keysOf(index, 'visit 0')).slice(0, 3)).toEqual(['visit 0', 'ann', latest[0]]);
});

test('a link that came after a moment is not seen at it', async () => {
  const index = openIndex();
  await writeRows(index, [identify('ann', 'laptop')]);
  const before = await atOneMoment(index, async (moment) => moment);
  await writeRows(index, [identify('ann', 'phone'), alias('cat', 'ann'), identify('bob', 'laptop', { timestamp: 1 })]);
  expect(await resolveUser(index, before, 'ann')).toEqual(['ann', 'laptop']);
  expect((await keysOf(index, 'ann')).sort()).toEqual(['ann', 'cat', 'phone']);
});

test('ordinary events add no row, and a known link adds none after its first calls', async () => {
  const index = openIndex();
  const names = ['links', 'members', 'groups', 'retractions'].map((name) => `${name}_a`);
  const rows = async () =>
    Object.fromEntries(await Promise.all(names.map(async (name) => [name, await rowsOf(index, name)])));
  const types = ['track', 'page', 'screen', 'identify', 'group'] as const;
  await writeRows(
    index,
    types.map((type) => own({ type, anonymous_id: 'laptop', ...(type === 'identify' && { user_id: null }) })),
  );
  expect(await rows()).toEqual({ links_a: 0, members_a: 0, groups_a: 0, retractions_a: 0 });

  for (let call = 0; call < 3 * LINKS_MAX; call += 1) {
    await writeRows(index, [identify('ann', 'laptop', { timestamp: T0 + call })]);
  }
  expect(await rows()).toEqual({ links_a: LINKS_MAX, members_a: 1, groups_a: 0, retractions_a: 0 });
});

const retract = (row: EventRow, overrides: Partial<EventRow> = {}): EventRow =>
  own({
    type: 'retraction',
    user_key: 'support',
    timestamp: 0,
    name: row.source,
    previous_id: row.message_id,
    ...overrides,
  });

test('a merge whose call is taken back is undone, before or after it arrives and after a rebuild', async () => {
  const [link, merge] = [identify('ann', 'laptop'), alias('cat', 'ann')];
  const rows = [link, merge, retract(merge)];
  for (const order of [rows, rows.toReversed()]) {
    const index = openIndex();
    for (const row of order) await writeRows(index, [row]);
    const expectUndone = async (): Promise<void> => {
      expect(await keysOf(index, 'laptop')).toEqual(['laptop', 'ann']);
      expect(await keysOf(index, 'cat')).toEqual(['cat']);
    };
    await expectUndone();
    const rebuild = await startRebuild(index);
    await writeToSlot(index, rebuild, order);
    await finishRebuild(index, rebuild);
    await expectUndone();
  }
});

test('with the first of the two calls taken back a device belongs to the second', async () => {
  const index = openIndex();
  const first = identify('ann', 'kiosk', { timestamp: T0 });
  await writeRows(index, [first, identify('bob', 'kiosk', { timestamp: T0 + 1 })]);
  const before = await atOneMoment(index, async (moment) => moment);
  await writeRows(index, [retract(first)]);
  expect(await keysOf(index, 'bob')).toEqual(['bob', 'kiosk']);
  expect(await keysOf(index, 'ann')).toEqual(['ann']);
  expect(await resolveUser(index, before, 'ann')).toEqual(['ann', 'kiosk']);
});

test('with all calls that are kept of an id taken back it stays by itself, in any order of arrival', async () => {
  const calls = Array.from({ length: LINKS_MAX + 2 }, (_, call) => identify('ann', 'laptop', { timestamp: T0 + call }));
  const taken = calls.slice(0, LINKS_MAX).map((call) => retract(call));
  for (const rows of [
    [...calls, ...taken],
    [...calls.toReversed(), ...taken],
  ]) {
    const index = openIndex();
    for (const row of rows) await writeRows(index, [row]);
    expect(await keysOf(index, 'laptop')).toEqual(['laptop']);
    expect(await rowsOf(index, 'retractions_a')).toBe(LINKS_MAX);
  }
});

test('a retraction that is a copy of an earlier event takes nothing back', async () => {
  const index = openIndex();
  const link = identify('ann', 'laptop');
  const earlier = own({});
  await writeRows(index, [link, earlier, retract(link, { message_id: earlier.message_id, pack_id: pack(made + 1) })]);
  expect(await keysOf(index, 'ann')).toEqual(['ann', 'laptop']);
});

const IDS = ['a', 'b', 'c', 'd', 'e', 'f'];
const callArbitrary = fc.record({
  identity: fc.nat(40),
  type: fc.constantFrom('identify', 'alias', 'track'),
  id: fc.constantFrom('a', 'a', 'a', ...IDS),
  person: fc.constantFrom(...IDS),
  seconds: fc.nat(6),
  received: fc.nat(4),
});

test('every id has the person that the calls say, in any order, with copies, and after a rebuild', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(callArbitrary, { maxLength: 60, size: 'max' }),
      fc.integer({ min: 1, max: 9 }),
      async (calls, portion) => {
        const rows = calls.map(({ identity, type, id, person, seconds, received }, index) =>
          makeRow({
            message_id: `m${identity}`,
            type,
            user_key: person,
            anonymous_id: id,
            previous_id: type === 'alias' ? id : null,
            timestamp: T0 + seconds,
            received_at: T0 + 10 + received,
            pack_id: pack(index),
          }),
        );
        const index = openIndex();
        for (let start = 0; start < rows.length; start += portion) {
          await writeRows(index, rows.slice(start, start + portion));
        }
        const compare = async (): Promise<void> => {
          for (const id of IDS) expect((await keysOf(index, id)).sort()).toEqual(modelPerson(rows, id));
        };
        await compare();
        const rebuild = await startRebuild(index);
        await writeToSlot(index, rebuild, rows.toReversed());
        await finishRebuild(index, rebuild);
        await compare();
        index.close();
      },
    ),
    { numRuns: 150, interruptAfterTimeLimit: 10_000 },
  );
});

/** The rule as it reads: each id belongs to at most one other, and a person is all that hang together. */
function modelPerson(rows: readonly EventRow[], asked: string): string[] {
  const counted = new Set(winners(rows));
  const pairs = IDS.flatMap((id) => {
    const calls = rows.filter((row) => linkOf(row)?.id === id);
    calls.sort(
      (a, b) => a.timestamp - b.timestamp || a.received_at - b.received_at || (a.pack_id < b.pack_id ? -1 : 1),
    );
    const first = calls.slice(0, LINKS_MAX).find((row) => counted.has(row));
    return first === undefined ? [] : [[id, first.user_key] as const];
  });
  const person = new Set([asked]);
  for (const _ of IDS) {
    for (const [id, other] of pairs) {
      if (person.has(id)) person.add(other);
      else if (person.has(other)) person.add(id);
    }
  }
  return [...person].sort();
}
