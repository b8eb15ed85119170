/** The slot that a rebuild leaves is emptied a little at a time, and nobody who reads or writes meanwhile notices. */
import { expect, test } from 'vitest';
import type { SqliteDatabase } from '../../platform/bun/sqlite-database.ts';
import type { Database, HotIndex, Statement } from '../../platform/ports.ts';
import { emptyUnused } from '../../query/index/emptying.ts';
import { abandonRebuild, finishRebuild, releaseSlot, startRebuild, writeToSlot } from '../../query/index/rebuild.ts';
import { readState, type Slot } from '../../query/index/state.ts';
import { writeRows } from '../../query/index/write.ts';
import { readTimeline } from '../../query/resolve/timeline.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { MINUTE_MS, makeRow, openIndex, pack, T0, WHOLE_TIMELINE, watched } from './support.ts';

const USERS = ['ann', 'bob', 'cyd', 'dan', 'eve', 'fay', 'guy'];
const SMALL = { rows: 4, bytes: 4_000 };
const always = async (): Promise<boolean> => true;

/** Of every kind, so that each table has more than one portion. */
function someRows(count: number, from = 0): EventRow[] {
  return Array.from({ length: count }, (_, at) => {
    const number = from + at;
    const type = (['track', 'identify', 'group', 'retraction'] as const)[number % 4] ?? 'track';
    return makeRow({
      type,
      message_id: `m${number}`,
      user_key: USERS[number % USERS.length] ?? '',
      anonymous_id: `device ${number}`,
      group_id: type === 'group' ? 'club' : null,
      traits: type === 'track' ? null : JSON.stringify({ note: 'x'.repeat(number % 5 === 0 ? 3_000 : 30) }),
      name: type === 'retraction' ? 'web' : 'Viewed',
      previous_id: type === 'retraction' ? `m${number - 3}` : null,
      timestamp: T0 + number * MINUTE_MS,
      pack_id: pack(number),
    });
  });
}

/** @param wrap what each database is seen through */
function openShards(count: number, wrap: (database: Database) => Database = (database) => database) {
  const databases = Array.from({ length: count }, () => openIndex());
  const [first, ...beside] = databases.map(wrap);
  if (first === undefined) throw new Error('no database');
  const index: HotIndex = { ...first, beside };
  return { databases, index };
}

/** In all tables of the slot, whatever the code knows of. */
async function rowsIn(databases: readonly SqliteDatabase[], slot: Slot): Promise<number> {
  let rows = 0;
  for (const database of databases) {
    const { results: tables } = await database
      .prepare("select name from sqlite_schema where type = 'table' and name glob '*_' || ?")
      .bind(slot)
      .all<{ name: string }>();
    for (const { name } of tables) rows += (await database.prepare(`select 1 from ${name}`).all()).results.length;
  }
  return rows;
}

async function answers(index: HotIndex): Promise<string[][]> {
  const pages = USERS.map((user) =>
    readTimeline(index, { ...WHOLE_TIMELINE, users: [user], first: 1_000 }, async () => T0),
  );
  return (await Promise.all(pages)).map(({ edges }) => edges.map(({ event }) => event.messageId));
}

/** Slot a was in use and is full, slot b is in use. */
async function rebuilt(index: HotIndex, rows: readonly EventRow[]): Promise<string[][]> {
  await writeRows(index, rows);
  const rebuild = await startRebuild(index);
  await writeToSlot(index, rebuild, rows);
  await finishRebuild(index, rebuild);
  return answers(index);
}

type Portion = { readonly rows: number; readonly bytes: number; readonly largest: number };

/** @param before may throw instead of a call. @param deleted is told what each statement took away */
function through(database: Database, before: () => void, deleted: (portion: Portion) => void = () => {}): Database {
  const inner = new Map<Statement, Statement>();
  const wrap = (sql: string, statement: Statement): Statement => {
    const wrapped: Statement = {
      bind: (...values) => wrap(sql, statement.bind(...values)),
      async all<Row>() {
        before();
        const { results } = await statement.all<Row & { bytes: number }>();
        if (sql.startsWith('delete')) {
          const sizes = results.map(({ bytes }) => bytes);
          deleted({ rows: sizes.length, bytes: sizes.reduce((a, b) => a + b, 0), largest: Math.max(0, ...sizes) });
        }
        return { results };
      },
      async run() {
        before();
        return statement.run();
      },
    };
    inner.set(wrapped, statement);
    return wrapped;
  };
  return {
    prepare: (sql) => wrap(sql, database.prepare(sql)),
    async batch(statements) {
      before();
      return database.batch(statements.map((statement) => inner.get(statement) ?? statement));
    },
  };
}

test('no statement takes more rows or bytes than a portion has, and in the end nothing is left', async () => {
  const portions: Portion[] = [];
  const { databases, index } = openShards(2, (database) =>
    through(
      database,
      () => {},
      (portion) => portions.push(portion),
    ),
  );
  const due = await rebuilt(index, someRows(80));
  const [left, inUse] = [await rowsIn(databases, 'a'), await rowsIn(databases, 'b')];
  expect(await emptyUnused(index, always, SMALL)).toBe(true);
  expect(await rowsIn(databases, 'a')).toBe(0);
  expect(await rowsIn(databases, 'b')).toBe(inUse);
  expect(await answers(index)).toEqual(due);
  expect(portions.reduce((sum, { rows }) => sum + rows, 0)).toBe(left);
  expect(Math.max(...portions.map(({ rows }) => rows))).toBe(SMALL.rows);
  // The row that reaches the bound goes, no other after it.
  for (const { bytes, largest } of portions) expect(bytes - largest).toBeLessThan(SMALL.bytes);
  expect(portions.some(({ rows, bytes }) => rows < SMALL.rows && bytes >= SMALL.bytes)).toBe(true);
  const before = portions.length;
  expect(await emptyUnused(index, always, SMALL)).toBe(true);
  expect(portions).toHaveLength(before);
});

test('it stops where it is told to, and goes on from there', async () => {
  const { databases, index } = openShards(2);
  await rebuilt(index, someRows(40));
  let left = await rowsIn(databases, 'a');
  let calls = 0;
  while (!(await emptyUnused(index, async () => false, SMALL))) {
    const now = await rowsIn(databases, 'a');
    expect(now).toBeLessThan(left);
    left = now;
    calls += 1;
  }
  expect(calls).toBeGreaterThan(20);
  expect(await rowsIn(databases, 'a')).toBe(0);
});

test('killed at any statement, the next go ends with an empty slot, and answers stay right', async () => {
  const rows = someRows(24);
  let deadAfter = Number.POSITIVE_INFINITY;
  let calls = 0;
  const die = (): void => {
    calls += 1;
    if (calls > deadAfter) throw new Error('killed');
  };
  const { databases, index } = openShards(2, (database) => through(database, die));
  for (let death = 0; ; death += 1) {
    const due = await rebuilt(index, rows);
    const unused = (await readState(index)).active === 'a' ? 'b' : 'a';
    [calls, deadAfter] = [0, death];
    const outcome = await emptyUnused(index, always, SMALL).catch((error: unknown) => String(error));
    deadAfter = Number.POSITIVE_INFINITY;
    expect(await answers(index)).toEqual(due);
    expect(await emptyUnused(index, always, SMALL)).toBe(true);
    expect(await rowsIn(databases, unused)).toBe(0);
    expect(await answers(index)).toEqual(due);
    if (outcome === true) break;
    expect(outcome).toBe('Error: killed');
  }
  expect(calls).toBeGreaterThan(40);
});

test('a rebuild begins in an empty slot, whatever an earlier one has left at whatever step it died', async () => {
  const rows = someRows(24);
  for (let death = 1; ; death += 1) {
    let calls = 0;
    let deadAfter = Number.POSITIVE_INFINITY;
    const die = (): void => {
      calls += 1;
      if (calls > deadAfter) throw new Error('killed');
    };
    const { databases, index } = openShards(2, (database) => through(database, die));
    const due = await rebuilt(index, rows);
    const stale = await startRebuild(index);
    await writeToSlot(index, stale, someRows(12, 100));
    [calls, deadAfter] = [0, death];
    const outcome = await startRebuild(index).catch((error: unknown) => String(error));
    deadAfter = Number.POSITIVE_INFINITY;
    expect(await answers(index)).toEqual(due);
    const rebuild = typeof outcome === 'string' ? await startRebuild(index) : outcome;
    expect(await rowsIn(databases, rebuild.slot)).toBe(0);
    await writeToSlot(index, rebuild, rows);
    await finishRebuild(index, rebuild);
    expect(await answers(index)).toEqual(due);
    if (typeof outcome !== 'string') break;
    expect(death).toBeLessThan(60);
  }
});

test('a reader in the old slot starts anew, however much of it is gone when it looks again', async () => {
  const rows = someRows(60);
  const { index } = openShards(1);
  const due = await rebuilt(index, rows);
  for (let step = 1; step <= 5; step += 1) {
    for (const portions of [0, 1, 10, Number.POSITIVE_INFINITY]) {
      await emptyUnused(index, always);
      const rebuild = await startRebuild(index);
      await writeToSlot(index, rebuild, rows);
      let left = portions;
      const { database } = watched(index, async (count) => {
        if (count !== step) return;
        await finishRebuild(index, rebuild);
        if (portions > 0) await emptyUnused(index, async () => --left > 0, SMALL);
      });
      const page = await readTimeline(database, { ...WHOLE_TIMELINE, users: ['ann'], first: 1_000 }, async () => T0);
      expect(page.edges.map(({ event }) => event.messageId)).toEqual(due[0]);
      if ((await readState(index)).building !== null) await finishRebuild(index, rebuild);
    }
  }
});

test('whoever empties a slot stops when a rebuild takes it, in every database', async () => {
  const { databases, index } = openShards(2);
  const rows = someRows(60);
  for (const database of databases) {
    const due = await rebuilt(index, rows);
    const { active } = await readState(index);
    const unused = active === 'a' ? 'b' : 'a';
    const full = await rowsIn([database], unused);
    let filled = 0;
    const isEmpty = await emptyUnused(
      index,
      async () => {
        // In the midst of this database.
        if (filled > 0 || (await rowsIn([database], unused)) === full) return true;
        const rebuild = await startRebuild(index);
        expect(rebuild.slot).toBe(unused);
        await writeToSlot(index, rebuild, rows);
        filled = await rowsIn(databases, rebuild.slot);
        return true;
      },
      SMALL,
    );
    expect(isEmpty).toBe(false);
    expect(filled).toBeGreaterThan(60);
    expect(await rowsIn(databases, unused)).toBe(filled);
    expect(await answers(index)).toEqual(due);
    await releaseSlot(index);
  }
});

/** A writer that has seen the state of now, and is held up before it writes. */
async function heldWriter(index: HotIndex, rows: readonly EventRow[]): Promise<() => Promise<void>> {
  const { promise: mayWrite, resolve: letWrite } = Promise.withResolvers<void>();
  const { promise: hasLooked, resolve: looked } = Promise.withResolvers<void>();
  const held = (database: Database): Database => ({
    prepare: (sql) => database.prepare(sql),
    async batch(statements) {
      looked();
      await mayWrite;
      return database.batch(statements);
    },
  });
  const written = writeRows({ ...held(index), beside: (index.beside ?? []).map(held) }, rows);
  await hasLooked;
  return () => {
    letWrite();
    return written;
  };
}

test('rows that a writer brings late into a slot that is emptied, or begun again, do no harm', async () => {
  const rows = someRows(40);
  // An earlier copy of an event that is there, and new ones; all in the log, as writers come after the log.
  const late = [
    makeRow({ ...rows[0], pack_id: pack(0), received_at: 1, timestamp: T0 - MINUTE_MS }),
    ...someRows(9, 200),
  ];
  const log = [...rows, ...late];
  const model = openShards(2);
  await writeRows(model.index, log);
  const due = await answers(model.index);
  for (const moment of ['abandoned', 'emptied', 'begun', 'filled', 'finished', 'emptied again'] as const) {
    const { databases, index } = openShards(2);
    await writeRows(index, rows);
    const stale = await startRebuild(index);
    const write = await heldWriter(index, late);
    await abandonRebuild(index, stale);
    if (moment === 'abandoned') await write();
    await emptyUnused(index, always, SMALL);
    if (moment === 'emptied') await write();
    const rebuild = await startRebuild(index);
    if (moment === 'begun') await write();
    await writeToSlot(index, rebuild, log.slice(0, 30));
    if (moment === 'filled') await write();
    await writeToSlot(index, rebuild, log.slice(30));
    await finishRebuild(index, rebuild);
    if (moment === 'finished') await write();
    await emptyUnused(index, always, SMALL);
    expect(await rowsIn(databases, 'a')).toBe(0);
    if (moment === 'emptied again') await write();
    expect(await answers(index)).toEqual(due);
    // What came last of all goes with the next emptying.
    await emptyUnused(index, always, SMALL);
    expect(await rowsIn(databases, 'a')).toBe(0);
    expect(await answers(index)).toEqual(due);
  }
});
