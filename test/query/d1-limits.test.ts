/** D1 has limits that neither SQLite nor miniflare hold: whatever is written and asked stays within them. */
import { expect, test } from 'vitest';
import type { Database, SqlValue, Statement } from '../../platform/ports.ts';
import { readGroups, readGroupTraits } from '../../query/identity/groups.ts';
import { readMembers } from '../../query/identity/members.ts';
import { readMemberships } from '../../query/identity/memberships.ts';
import { ofPerson } from '../../query/identity/person.ts';
import { KEYS_CHARACTERS_MAX } from '../../query/identity/resolve-user.ts';
import { finishRebuild, startRebuild, writeToSlot } from '../../query/index/rebuild.ts';
import { writeRows } from '../../query/index/write.ts';
import { readProfile } from '../../query/resolve/profile.ts';
import { readTimeline } from '../../query/resolve/timeline.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { makeRow, openIndex, pack, T0, WHOLE_TIMELINE } from './support.ts';

/** Of D1, per statement, row and batch. What is not its own is the largest that comes through the network at once. */
const VALUES_MAX = 100;
const SQL_BYTES_MAX = 100_000;
const ROW_BYTES_MAX = 2_000_000;
const QUERIES_MAX = 1_000;
const BATCH_BYTES_MAX = 16_000_000;

const bytesOf = (value: SqlValue): number => (typeof value === 'string' ? Buffer.byteLength(value) : 8);

interface Bound {
  readonly statement: Statement;
  readonly bytes: number;
}

/** Throws where D1 would. */
function limited(database: Database, largest: { values: number; sql: number; value: number; batch: number }): Database {
  const bound = new Map<Statement, Bound>();
  const wrap = (statement: Statement, bytes: number): Statement => {
    const wrapped: Statement = {
      bind(...values) {
        const sizes = values.map(bytesOf);
        expect(values.length).toBeLessThanOrEqual(VALUES_MAX);
        largest.values = Math.max(largest.values, values.length);
        largest.value = Math.max(largest.value, ...sizes);
        expect(largest.value).toBeLessThanOrEqual(ROW_BYTES_MAX);
        return wrap(statement.bind(...values), bytes + sizes.reduce((sum, size) => sum + size, 0));
      },
      all: () => statement.all(),
      run: () => statement.run(),
    };
    bound.set(wrapped, { statement, bytes });
    return wrapped;
  };
  return {
    prepare(sql) {
      largest.sql = Math.max(largest.sql, Buffer.byteLength(sql));
      expect(largest.sql).toBeLessThanOrEqual(SQL_BYTES_MAX);
      return wrap(database.prepare(sql), Buffer.byteLength(sql));
    },
    batch(statements) {
      expect(statements.length).toBeLessThanOrEqual(QUERIES_MAX);
      const own = statements.map((statement) => bound.get(statement));
      const bytes = own.reduce((sum, one) => sum + (one?.bytes ?? 0), 0);
      largest.batch = Math.max(largest.batch, bytes);
      expect(bytes).toBeLessThanOrEqual(BATCH_BYTES_MAX);
      return database.batch(own.flatMap((one) => (one === undefined ? [] : [one.statement])));
    },
  };
}

/** Ids of 512 and 256 characters, three bytes each in UTF-8; events of 32 KB of JSON that take as much again. */
const longest = (length: number, tail: number): string => `${'語'.repeat(length - 6)}${String(tail).padStart(6, '0')}`;
const largeOf = (index: number): string => JSON.stringify({ text: '語'.repeat(10_900), index });

function hostile(count: number): EventRow[] {
  return Array.from({ length: count }, (_, index) => {
    const type = (['track', 'identify', 'alias', 'group', 'retraction'] as const)[index % 5] ?? 'track';
    return makeRow({
      type,
      message_id: longest(256, index),
      user_key: longest(512, index % 7),
      anonymous_id: longest(512, 10_000 + index),
      previous_id: type === 'alias' ? longest(512, (index + 6) % 7) : longest(256, index + 1),
      name: type === 'retraction' ? 'web' : null,
      group_id: longest(512, index % 11),
      traits: largeOf(index),
      properties: largeOf(index),
      context: largeOf(index),
      timestamp: type === 'retraction' ? 0 : T0 + (index % 50),
      pack_id: pack(index),
    });
  });
}

test('the largest events, ids and people are written and read within the limits of D1', async () => {
  const largest = { values: 0, sql: 0, value: 0, batch: 0 };
  const index = limited(openIndex(), largest);
  const rows = hostile(600);
  await writeRows(index, rows);
  const rebuild = await startRebuild(index);
  await writeRows(index, hostile(610).slice(600));
  await writeToSlot(index, rebuild, rows);
  await finishRebuild(index, rebuild);

  const page = await readTimeline(index, { ...WHOLE_TIMELINE, users: [longest(512, 1)], first: 1_000 }, async () => T0);
  expect(page.edges.length).toBeGreaterThan(3);
  const [people, profile, groups] = await ofPerson(
    index,
    longest(512, 1),
    async (moment, users) =>
      [users.length, await readProfile(index, moment, users), await readMemberships(index, moment, users)] as const,
  );
  const wholePage = { first: 100, after: null };
  const { ids } = await readGroups(index, wholePage, async () => T0);
  const members = await readMembers(index, { ...wholePage, group: ids[1] ?? '' }, async () => T0);
  expect([ids.length, members.ids.length > 0]).toEqual([11, true]);
  const next = await readMembers(
    index,
    { group: ids[1] ?? '', first: 1, after: members.cursor(ids[1] ?? '') },
    async () => T0,
  );
  expect(next.asOf).toBe(T0);
  expect(await readGroupTraits(index, ids[1] ?? '')).toMatchObject({ text: expect.any(String) });
  expect(people).toBe(KEYS_CHARACTERS_MAX / 512);
  expect(profile.updatedAt).not.toBeNull();
  expect(groups.length).toBeGreaterThan(3);
  // The test itself reaches them.
  expect(largest.values).toBeGreaterThan(90);
  expect(largest.value).toBeGreaterThan(500_000);
});

test('many small events are a few hundred statements a batch at most', async () => {
  const largest = { values: 0, sql: 0, value: 0, batch: 0 };
  const index = limited(openIndex(), largest);
  const rows = Array.from({ length: 6_000 }, (_, at) =>
    makeRow({
      message_id: `m${at}`,
      user_key: `user ${at}`,
      type: at % 2 ? 'identify' : 'track',
      anonymous_id: `a${at}`,
      traits: '{}',
      pack_index: at,
    }),
  );
  const rebuild = await startRebuild(index);
  await writeRows(index, rows);
  await writeToSlot(index, rebuild, rows);
  expect(largest.values).toBe(100);
});
