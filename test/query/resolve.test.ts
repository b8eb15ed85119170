import { expect, test } from 'vitest';
import type { Database } from '../../platform/ports.ts';
import { readMemberships } from '../../query/identity/memberships.ts';
import { finishRebuild, startRebuild, writeToSlot } from '../../query/index/rebuild.ts';
import { bucketOf } from '../../query/index/users.ts';
import { writeRows } from '../../query/index/write.ts';
import { eventId, readEvent } from '../../query/resolve/event.ts';
import { atOneMoment } from '../../query/resolve/moment.ts';
import { readProfile } from '../../query/resolve/profile.ts';
import { readTimeline, type TimelineQuery } from '../../query/resolve/timeline.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { HOUR_MS, makeRow, openIndex, pack, T0, usersOfBucket, WHOLE_TIMELINE, watched } from './support.ts';

function read(database: Database, query: Partial<TimelineQuery> = {}, asOf = T0) {
  return readTimeline(database, { ...WHOLE_TIMELINE, ...query }, async () => asOf);
}

async function readAll(database: Database, query: Partial<TimelineQuery> = {}) {
  const pages: string[][] = [];
  let after: string | null = null;
  while (pages.length < 50) {
    const page: Awaited<ReturnType<typeof read>> = await read(database, { ...query, after });
    pages.push(page.edges.map(({ event }) => event.messageId));
    if (!page.hasNextPage) return pages;
    after = page.endCursor;
  }
  throw new Error('the timeline has no end');
}

/** One event a pack, a second apart. */
function ownPacks(count: number, make: (index: number) => Partial<EventRow> = () => ({})): EventRow[] {
  return Array.from({ length: count }, (_, index) =>
    makeRow({ message_id: `m${index}`, pack_id: pack(index), timestamp: T0 + index * 1_000, ...make(index) }),
  );
}

test('a page of 50 takes few statements, however long the timeline', async () => {
  const index = openIndex();
  await writeRows(index, ownPacks(3_000));
  const { database, counter } = watched(index);
  const page = await read(database);
  expect(page.edges).toHaveLength(50);
  // The state before and after, one chunk of rows, one look at the copies.
  expect(counter.reads).toBe(4);
  counter.reads = 0;
  await read(database, { after: page.endCursor });
  expect(counter.reads).toBeLessThanOrEqual(5);
});

test('a search for rare events stops after 32 MB, says that it goes on, and gets there', async () => {
  const index = openIndex();
  const rows = ownPacks(8_000, (at) => ({
    properties: JSON.stringify({ text: at + 'x'.repeat(10_000) }),
    ...(at === 3 ? { type: 'alias', event: null } : {}),
  }));
  await writeRows(index, rows);
  const { database, counter } = watched(index);
  const page = await read(database, { types: ['alias'] });
  expect(page).toMatchObject({ edges: [], hasNextPage: true });
  expect(counter.reads).toBeLessThan(85);
  const pages = await readAll(database, { types: ['alias'] });
  expect(pages.flat()).toEqual(['m3']);
  expect(pages.length).toBeGreaterThan(1);
});

test('a user whose bucket is full of others is found in few statements, of which none looks at all of it', async () => {
  const index = openIndex();
  const others = usersOfBucket(bucketOf('ann'), 40);
  // A write each, as a row holds what one write brought.
  const rows = ownPacks(3_000, (at) => ({ user_key: others[at % 40] ?? '', user_id: others[at % 40] ?? '' }));
  for (const row of rows) await writeRows(index, [row]);
  await writeRows(index, [makeRow({ message_id: 'own', timestamp: T0 - HOUR_MS })]);
  const { database, counter } = watched(index);
  expect((await read(database, {})).edges.map(({ event }) => event.messageId)).toEqual(['own']);
  // The state before and after, one look at the copies, and more than one chunk of rows.
  expect(counter.reads).toBeGreaterThan(4);
  expect(counter.reads).toBeLessThan(8);
});

test('of more copies than D1 takes values, one statement says which count', async () => {
  const index = openIndex();
  await writeRows(index, ownPacks(500));
  // Earlier copies of every other event, under another user.
  const earlier = ownPacks(500, () => ({ user_key: 'bob', received_at: T0 })).filter((_, at) => at % 2 === 0);
  await writeRows(index, earlier);
  const { database, counter } = watched(index);
  const page = await read(database, { first: 1_000 });
  expect(page.edges.map(({ event }) => event.messageId)).toEqual(
    Array.from({ length: 250 }, (_, at) => `m${499 - 2 * at}`),
  );
  expect(counter.reads).toBeLessThan(12);
});

test('a page of very large events comes short, and the next one goes on behind it', async () => {
  const index = openIndex();
  const properties = JSON.stringify({ text: 'x'.repeat(60_000) });
  await writeRows(
    index,
    ownPacks(400, () => ({ properties })),
  );
  const pages = await readAll(index, { first: 1_000 });
  expect(pages.length).toBeGreaterThan(2);
  for (const page of pages) expect(page.length).toBeLessThan(150);
  expect(pages.flat()).toEqual(Array.from({ length: 400 }, (_, at) => `m${399 - at}`));
});

test('large and small events at one time, too many for a page, come in order and whole', async () => {
  const index = openIndex();
  const large = JSON.stringify({ text: 'x'.repeat(30_000) });
  const rows = ownPacks(700, (at) => ({ timestamp: T0, properties: at % 3 === 0 ? null : large }));
  await writeRows(index, rows);
  const pages = await readAll(index, { first: 1_000 });
  expect(pages.length).toBeGreaterThan(1);
  expect(pages.flat()).toEqual(rows.map((row) => row.message_id).sort());
});

test('more rows at one time than a page may read still come in order and whole', async () => {
  const index = openIndex();
  const rows = ownPacks(5_500, () => ({ timestamp: T0 }));
  await writeRows(index, rows);
  const pages = await readAll(index, { first: 1_000 });
  expect(pages.flat()).toEqual(rows.map((row) => row.message_id).sort());
});

test('rows that reach down an hour are found from below', async () => {
  const index = openIndex();
  const rows = ownPacks(200, (at) => ({ pack_id: pack(0), pack_index: at, timestamp: T0 + at * 18_000 }));
  await writeRows(index, rows);
  expect((await readAll(index, { first: 7 })).flat()).toHaveLength(200);
  expect((await read(index, { to: T0 + 1 })).edges.map(({ event }) => event.messageId)).toEqual(['m0']);
});

test('a cursor fits its own user and filters only', async () => {
  const index = openIndex();
  await writeRows(index, [...ownPacks(3), makeRow({ user_key: 'bob', message_id: 'b', pack_id: pack(9) })]);
  const { endCursor: after } = await read(index, { first: 1 });
  expect((await read(index, { after })).edges).toHaveLength(2);
  for (const other of [
    { users: ['bob'] },
    { from: 0 },
    { to: T0 },
    { types: ['track' as const] },
    { events: ['Viewed'] },
    { sources: ['web'] },
    { where: [{ path: ['a'], exists: false }] },
    { order: 'oldest' as const },
  ]) {
    await expect(read(index, { after, ...other })).rejects.toMatchObject({ code: 'cursor_invalid' });
  }
  for (const forged of ['', '!', `${after}x`, Buffer.from('[1,2]').toString('base64url'), 'x'.repeat(10_000)]) {
    await expect(read(index, { after: forged })).rejects.toMatchObject({ code: 'cursor_invalid' });
  }
});

test('as of is that of page one on every page', async () => {
  const index = openIndex();
  await writeRows(index, ownPacks(3));
  const one = await read(index, { first: 1 }, T0 + 5);
  expect(one.asOf).toBe(T0 + 5);
  expect((await read(index, { first: 1, after: one.endCursor }, T0 + 99)).asOf).toBe(T0 + 5);
});

test('a rebuild that ends while a page is read does not show through', async () => {
  const index = openIndex();
  const rows = ownPacks(150);
  await writeRows(index, rows);
  for (const step of [2, 3, 4]) {
    const rebuild = await startRebuild(index);
    await writeToSlot(index, rebuild, rows);
    const { database } = watched(index, async (count) => {
      if (count === step) await finishRebuild(index, rebuild);
    });
    const page = await read(database, { first: 100 });
    expect(page.edges.map(({ event }) => event.messageId)).toEqual(
      rows
        .slice(50)
        .reverse()
        .map((row) => row.message_id),
    );
    expect(page.hasNextPage).toBe(true);
  }
});

test('an event is found by its id, under its user and time only while it is the copy that counts', async () => {
  const index = openIndex();
  const copy = makeRow({ received_at: T0 + HOUR_MS, timestamp: T0 + 5, pack_id: pack(2) });
  await writeRows(index, [copy]);
  const [edge] = (await read(index)).edges;
  const id = edge === undefined ? '' : eventId(edge.event);
  expect(await readEvent(index, id)).toMatchObject({ user: 'ann', event: { messageId: 'm1', timestamp: T0 + 5 } });
  await writeRows(index, [makeRow({ received_at: T0 + HOUR_MS - 1, pack_id: pack(3), user_key: 'bob' })]);
  expect(await readEvent(index, id)).toBeNull();
  await expect(readEvent(index, 'rubbish')).rejects.toMatchObject({ code: 'id_invalid' });
});

const identify = (index: number, traits: object, more: Partial<EventRow> = {}): EventRow =>
  makeRow({
    message_id: `i${index}`,
    type: 'identify',
    timestamp: T0 + index,
    pack_index: index,
    traits: JSON.stringify(traits),
    ...more,
  });

function profileOf(database: Database, ...users: string[]) {
  return atOneMoment(database, (moment) => readProfile(database, moment, users));
}

test('a profile has the latest value of each trait', async () => {
  const index = openIndex();
  await writeRows(index, [
    identify(2, { plan: 'pro', seats: null }),
    identify(0, { plan: 'free', email: 'a@b.c', seats: 3 }),
    identify(1, { plan: 'team' }),
    identify(9, { plan: 'other' }, { user_key: 'bob' }),
  ]);
  expect(await profileOf(index, 'ann')).toEqual({
    traits: { plan: 'pro', seats: null, email: 'a@b.c' },
    details: [
      { name: 'plan', value: 'pro', firstSeen: T0, lastSeen: T0 + 2 },
      { name: 'seats', value: null, firstSeen: T0, lastSeen: T0 + 2 },
      { name: 'email', value: 'a@b.c', firstSeen: T0, lastSeen: T0 },
    ],
    createdAt: T0,
    updatedAt: T0 + 2,
  });
  expect(await profileOf(index, 'nobody')).toEqual({ traits: {}, details: [], createdAt: null, updatedAt: null });
});

test('of identify calls at one time the last received counts', async () => {
  const index = openIndex();
  await writeRows(index, [
    identify(1, { plan: 'late' }, { timestamp: T0, received_at: T0 + 2 }),
    identify(2, { plan: 'early' }, { timestamp: T0, received_at: T0 + 1 }),
  ]);
  expect((await profileOf(index, 'ann')).traits).toEqual({ plan: 'late' });
});

test('an identify call that is a copy of an earlier one does not count', async () => {
  const index = openIndex();
  await writeRows(index, [identify(1, { plan: 'first' }, { message_id: 'same' })]);
  await writeRows(index, [
    identify(5, { plan: 'copy' }, { message_id: 'same', pack_id: pack(2), received_at: T0 + 2 * HOUR_MS }),
  ]);
  expect(await profileOf(index, 'ann')).toMatchObject({ traits: { plan: 'first' }, updatedAt: T0 + 1 });
});

test('a profile is made of the 500 latest identify calls', async () => {
  const index = openIndex();
  await writeRows(
    index,
    Array.from({ length: 501 }, (_, at) => identify(at, { [`trait ${at}`]: at })),
  );
  const { traits } = await profileOf(index, 'ann');
  expect(Object.keys(traits)).toHaveLength(500);
  expect(traits).not.toHaveProperty('trait 0');
});

test('a trait may have any name', async () => {
  const index = openIndex();
  await writeRows(index, [identify(0, {}, { traits: '{"__proto__":{"x":1},"constructor":2}' })]);
  const { traits } = await profileOf(index, 'ann');
  expect(JSON.stringify(traits)).toBe('{"__proto__":{"x":1},"constructor":2}');
});

test('the profile of several keys is one, of each trait the latest value wins whatever its key', async () => {
  const index = openIndex();
  await writeRows(index, [
    identify(1, { plan: 'free', name: 'Ann' }, { user_key: 'laptop' }),
    identify(3, { plan: 'pro' }, { user_key: 'phone' }),
    identify(2, { plan: 'team', seats: 2 }),
    ...Array.from({ length: 120 }, (_, at) =>
      identify(at + 10, { visits: at }, { user_key: at % 2 ? 'laptop' : 'phone' }),
    ),
  ]);
  const { traits, createdAt } = await profileOf(index, 'ann', 'laptop', 'phone');
  expect(traits).toEqual({ visits: 119, plan: 'pro', seats: 2, name: 'Ann' });
  expect(createdAt).toBe(T0 + 1);
});

test('an identify call that was taken back says nothing of a profile', async () => {
  const index = openIndex();
  await writeRows(index, [identify(1, { plan: 'free' }), identify(2, { plan: 'wrong', admin: true })]);
  await writeRows(index, [
    makeRow({ message_id: 'r', pack_id: pack(9), type: 'retraction', name: 'web', previous_id: 'i2' }),
  ]);
  expect((await profileOf(index, 'ann')).traits).toEqual({ plan: 'free' });
});

test('groups are those of group calls, the last first, each with the latest value of its traits', async () => {
  const index = openIndex();
  const group = (at: number, id: string, traits: object | null, user = 'ann'): EventRow =>
    makeRow({
      ...{ message_id: `g${at}`, type: 'group', user_key: user, group_id: id, timestamp: T0 + at, pack_index: at },
      traits: traits === null ? null : JSON.stringify(traits),
    });
  await writeRows(index, [
    group(1, 'acme', { plan: 'free', seats: 3 }),
    group(2, 'club', null),
    group(3, 'acme', { plan: 'pro' }, 'phone'),
    group(4, 'other', {}, 'bob'),
    makeRow({ message_id: 't', group_id: 'passing by', pack_index: 9 }),
  ]);
  expect(await atOneMoment(index, (moment) => readMemberships(index, moment, ['ann', 'phone']))).toEqual([
    { id: 'acme', traits: { plan: 'pro', seats: 3 }, firstSeen: T0 + 1, lastSeen: T0 + 3 },
    { id: 'club', traits: {}, firstSeen: T0 + 2, lastSeen: T0 + 2 },
  ]);
});
