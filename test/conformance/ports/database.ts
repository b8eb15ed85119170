import { expect } from 'vitest';
import type { Database } from '../../../platform/ports.ts';
import { describePort, type Opened, type Skips } from './cases.ts';

/** What every database does, over one that has no tables when it opens. */
export function describeDatabase(name: string, open: () => Promise<Opened<Database>>, skips: Skips = {}): void {
  describePort(`${name}: database`, open, skips, (test) => {
    test('bound values come back as they were', async (database) => {
      await database.prepare('create table kept (id integer primary key, a text, b integer, c real, d text)').run();
      const insert = database.prepare('insert into kept (a, b, c, d) values (?, ?, ?, ?)');
      await insert.bind("naïve 😀 '?;--", 9_007_199_254_740_991, 0.1, null).run();
      await insert.bind('', -1, -2.5, 'null').run();
      expect(await rowsOf(database, 'select a, b, c, d from kept order by id')).toEqual([
        { a: "naïve 😀 '?;--", b: 9_007_199_254_740_991, c: 0.1, d: null },
        { a: '', b: -1, c: -2.5, d: 'null' },
      ]);
    });

    test('a query without rows gives an empty list', async (database) => {
      expect(await rowsOf(database, 'select 1 as one where 1 = 0')).toEqual([]);
    });

    test('numbered values may be used more than once', async (database) => {
      const { results } = await database.prepare('select ?2 as b, ?1 as a, ?2 as again').bind('x', 'y').all();
      expect(results).toEqual([{ b: 'y', a: 'x', again: 'y' }]);
    });

    test('bind gives a new statement and leaves the old one as it was', async (database) => {
      const statement = database.prepare('select ? as value');
      const first = statement.bind('first');
      const second = statement.bind('second');
      const third = first.bind('third');
      const read = async (bound: typeof first) => (await bound.all<{ value: string }>()).results[0]?.value;
      expect([await read(first), await read(second), await read(third)]).toEqual(['first', 'second', 'third']);
    });

    test('a statement runs again and again', async (database) => {
      await database.prepare('create table again (n integer)').run();
      const insert = database.prepare('insert into again (n) values (?)').bind(7);
      await insert.run();
      await insert.run();
      await database.batch([insert, insert]);
      expect(await countOf(database, 'again')).toBe(4);
    });

    test('a write that returns rows gives them', async (database) => {
      await database.prepare('create table returned (k text primary key, n integer) without rowid').run();
      const upsert = database.prepare(
        'insert into returned values (?, 1) on conflict (k) do update set n = n + 1 returning n',
      );
      await upsert.bind('x').all();
      expect((await upsert.bind('x').all()).results).toEqual([{ n: 2 }]);
    });

    test('a batch runs in order, each statement seeing the ones before it', async (database) => {
      await database.batch([
        database.prepare('create table ordered (n integer)'),
        database.prepare('insert into ordered values (?)').bind(20),
        database.prepare('insert into ordered select n + 1 from ordered'),
      ]);
      expect(await rowsOf(database, 'select n from ordered order by n')).toEqual([{ n: 20 }, { n: 21 }]);
    });

    test('a batch with a failing statement changes nothing', async (database) => {
      await database.prepare('create table whole (k text primary key)').run();
      const insert = database.prepare('insert into whole values (?)');
      const batch = database.batch([insert.bind('a'), insert.bind('b'), insert.bind('a')]);
      await expect(batch).rejects.toThrow(/UNIQUE constraint failed: whole\.k/);
      await expect(
        database.batch([insert.bind('c'), database.prepare('insert into nowhere values (1)')]),
      ).rejects.toThrow(/no such table: nowhere/);
      expect(await countOf(database, 'whole')).toBe(0);
      await insert.bind('d').run();
      expect(await countOf(database, 'whole')).toBe(1);
    });

    test('20 batches at once all count', async (database) => {
      await database.prepare('create table counter (n integer)').run();
      await database.prepare('insert into counter values (0)').run();
      const add = database.prepare('update counter set n = n + 1');
      await Promise.all(Array.from({ length: 20 }, () => database.batch([add, add])));
      expect(await rowsOf(database, 'select n from counter')).toEqual([{ n: 40 }]);
    });

    test("an error keeps SQLite's text", async (database) => {
      await expect(database.prepare('select * from nowhere').all()).rejects.toThrow(/no such table: nowhere/);
      await expect(database.prepare('select 1 +').run()).rejects.toThrow(/incomplete input|syntax error/);
    });

    test('100 values are bound, 101 are refused', async (database) => {
      const select = (count: number) =>
        database
          .prepare(`select ${Array.from({ length: count }, (_, index) => `? as v${index}`).join(', ')}`)
          .bind(...Array.from({ length: count }, (_, index) => `value ${index}`))
          .all();
      expect(Object.keys((await select(100)).results[0] ?? {})).toHaveLength(100);
      await expect(select(101)).rejects.toThrow(/too many SQL variables/);
    });

    test('undefined is refused', async (database) => {
      const statement = database.prepare('select ? as value');
      await expect(async () => Reflect.apply(statement.bind, statement, [undefined]).all()).rejects.toThrow();
    });

    test('too few or too many values are refused', async (database) => {
      const statement = database.prepare('select ? as a, ? as b');
      await expect(statement.bind('one').all()).rejects.toThrow();
      await expect(statement.bind('one', 'two', 'three').all()).rejects.toThrow();
    });

    test('two statements in one are refused, and neither runs', async (database) => {
      await database.prepare('create table single (n integer)').run();
      const both = database.prepare('insert into single values (1); insert into single values (2)');
      await expect(both.run()).rejects.toThrow();
      expect(await countOf(database, 'single')).toBe(0);
    });

    test('a comment or a text may hold a semicolon, and a statement may end in one', async (database) => {
      const sql = "select 'a;b' as text /* one; two */ -- three; four\n;";
      expect(await rowsOf(database, sql)).toEqual([{ text: 'a;b' }]);
    });

    test('foreign keys hold', async (database) => {
      await database.prepare('create table parents (id integer primary key)').run();
      await database.prepare('create table children (parent integer references parents (id))').run();
      const orphan = database.prepare('insert into children values (1)').run();
      await expect(orphan).rejects.toThrow(/FOREIGN KEY constraint failed/);
    });

    test('json_each writes many rows from one value', async (database) => {
      await database.prepare('create table many (k text primary key, n integer) without rowid').run();
      const sql = `insert into many select value ->> 0, value ->> 1 from json_each(?) where true
        on conflict (k) do update set n = excluded.n`;
      const rows = (n: number) => JSON.stringify(Array.from({ length: 2_000 }, (_, index) => [`key ${index}`, n]));
      await database.prepare(sql).bind(rows(1)).run();
      await database.prepare(sql).bind(rows(2)).run();
      const sums = await rowsOf(database, 'select count(*) as rows, sum(n) as sum from many');
      expect(sums).toEqual([{ rows: 2_000, sum: 4_000 }]);
    });
  });
}

async function rowsOf(database: Database, sql: string): Promise<unknown[]> {
  return (await database.prepare(sql).all()).results;
}

async function countOf(database: Database, table: string): Promise<unknown> {
  const { results } = await database.prepare(`select count(*) as count from ${table}`).all<{ count: number }>();
  return results[0]?.count;
}
