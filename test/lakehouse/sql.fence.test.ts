/** What users may send to `inlet sql`: nothing but reads of the two views, whatever they try. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { query, StatementError } from '../../lakehouse/sql/query.ts';
import { openSession, type Session } from '../../lakehouse/sql/session.ts';
import { COLUMNS } from '../../schemas/columns.ts';
import { packId } from '../../schemas/pack.ts';
import { answer, append, CONFIG, compact, type TestLake, testLake } from './lake.ts';
import { event } from './rows.ts';

let lake: TestLake;
let session: Session;
let outside: string;
/** A file of the table, where the session may read it. */
let inside: string;

beforeAll(async () => {
  outside = mkdtempSync(join(tmpdir(), 'inlet-outside-'));
  writeFileSync(join(outside, 'secret.csv'), 'secret\n1\n');
  lake = testLake();
  await append(lake, [[event({ message_id: 'a' })]]);
  await compact(lake);
  await append(lake, [[event({ message_id: 'b', pack_id: packId('1'.repeat(15), 2) })]]);
  session = await openSession({ ...lake, config: CONFIG });
  const [path] = (await session.connection.runAndReadAll(`select current_setting('allowed_paths')[1]`)).getRowsJson();
  inside = String(path?.[0]);
});
afterAll(async () => {
  await session.close();
  lake.close();
  rmSync(outside, { recursive: true, force: true });
});

test('a SELECT over the views is answered, with counts as numbers and columns of one name kept apart', async () => {
  const { columns, row_count, batches } = await query(session, 'select count(*) as n, 1 as n from events; -- fine');
  expect(columns).toEqual([
    { name: 'n', type: 'BIGINT' },
    { name: 'n_1', type: 'INTEGER' },
  ]);
  expect([row_count, await Array.fromAsync(batches)]).toEqual([1, [[[2, 1]]]]);
  expect(await answer(session, 'with e as (from events) select message_id from e order by 1;')).toEqual([['a'], ['b']]);
  expect(await answer(session, 'select count(*) from failed_events')).toEqual([[0]]);
});

const ATTACKS: [string, (paths: { outside: string; inside: string }) => string][] = [
  ['two statements', () => 'select 1; select 2'],
  ['no statement', () => ' -- nothing'],
  ['COPY to a new file', ({ outside }) => `copy (select 1) to '${outside}/new.csv'`],
  [
    'COPY over a file of the lake',
    ({ inside }) => `copy (select 1) to '${inside}' (format parquet, use_tmp_file false)`,
  ],
  [
    'EXPLAIN ANALYZE of a COPY over a file of the lake',
    ({ inside }) => `explain analyze copy (select 1) to '${inside}' (format parquet, use_tmp_file false)`,
  ],
  ['EXPORT', ({ outside }) => `export database '${outside}/dump'`],
  ['ATTACH', ({ outside }) => `attach '${outside}/x.duckdb' as x`],
  ['CREATE', () => 'create table x as select 1'],
  ['DROP of a view', () => 'drop view events'],
  ['DELETE', () => 'delete from inlet.losers'],
  ['SET', () => `set memory_limit = '100GB'`],
  ['RESET', () => 'reset lock_configuration'],
  ['PRAGMA', () => `pragma memory_limit = '100GB'`],
  ['INSTALL', () => 'install httpfs'],
  ['LOAD', () => 'load httpfs'],
  ['CALL', () => `call pragma_version()`],
  ['a file beside the lake', ({ outside }) => `select * from read_csv('${outside}/secret.csv')`],
  ['the same by its name alone', ({ outside }) => `select * from '${outside}/secret.csv'`],
  ['the same as text', ({ outside }) => `select * from read_text('${outside}/secret.csv')`],
  [
    'the same by a way round',
    ({ inside, outside }) => `select * from read_text('${inside}/../../../..${outside}/secret.csv')`,
  ],
  ['a list of files', () => `select * from glob('/etc/*')`],
  ['blobs', ({ outside }) => `select * from read_blob('${outside}/secret.csv')`],
  ['JSON', ({ outside }) => `select * from read_json('${outside}/secret.csv')`],
  ['a file of the lake as text, under a glob', ({ inside }) => `select * from read_text('${inside}*')`],
  ['a statement inside of query', ({ outside }) => `select * from query('copy (select 1) to ''${outside}/new.csv''')`],
  ['a view that is a name in a text', () => `select * from query_table('/etc/passwd')`],
  ['a COPY of the whole database', ({ outside }) => `copy from database memory to "${outside}"`],
  [
    'a PRAGMA as a function',
    ({ outside }) => `select * from pragma_database_list() join read_csv('${outside}/secret.csv') on true`,
  ],
  ['a variable', () => `set variable x = 1`],
  ['a prepared statement', () => `prepare x as select 1`],
  ['a macro', () => `create macro events() as table select 1`],
  ['USE', () => `use temp`],
  ['CHECKPOINT', () => `checkpoint`],
  ['VACUUM', () => `vacuum`],
  ['an UPDATE of a view', () => `update events set type = 'x'`],
  ['an INSERT into a view', () => `insert into events select * from events`],
  ['a secret', () => `create secret s (type s3, key_id 'x', secret 'y')`],
  ['a network address', () => `select * from read_csv('http://127.0.0.1:9/x.csv')`],
];

test.each(ATTACKS)('%s is refused, and changes nothing', async (_, attack) => {
  const before = readFileSync(inside);
  await expect(query(session, attack({ outside, inside }))).rejects.toThrow();
  expect(readFileSync(inside).equals(before)).toBe(true);
  expect(await answer(session, 'select count(*) from events')).toEqual([[2]]);
});

test('what is not a SELECT is told so in our words', async () => {
  await expect(query(session, 'explain select 1')).rejects.toThrow(StatementError);
  await expect(query(session, 'create table x as select 1')).rejects.toThrow(StatementError);
  await expect(query(session, 'delete from events')).rejects.toThrow(StatementError);
  await expect(query(session, 'drop table nothing')).rejects.toThrow(StatementError);
  await expect(query(session, 'select nothing from events')).rejects.toThrow('nothing');
});

test('settings stay locked even for a SELECT that reads them', async () => {
  const rows = await answer(
    session,
    `select current_setting('enable_external_access'), current_setting('lock_configuration'), current_setting('memory_limit')`,
  );
  expect(rows).toEqual([[false, true, '732.4 MiB']]);
});

test('a statement that fails half way fails, and gives no half answer', async () => {
  const sql = `select case when i = 1500000 then error('boom') else i::varchar end from range(2000000) t(i)`;
  await expect(query(session, sql)).rejects.toThrow('boom');
});

test('a query that needs more than it may have fails cleanly, and leaves nothing behind', async () => {
  const before = await answer(session, 'select count(*) from events');
  const sql = 'select list(a.i || b.i::varchar) from range(30000) a(i), range(3000) b(i)';
  await expect(query(session, sql)).rejects.toThrow('Out of Memory');
  expect(await answer(session, 'select count(*) from events')).toEqual(before);
});

test('an aborted statement stops, and the session goes on', async () => {
  const controller = new AbortController();
  const running = query(session, 'select count(*) from range(100000000000)', controller.signal);
  setTimeout(() => controller.abort(), 50);
  await expect(running).rejects.toThrow('Interrupted');
  expect(await answer(session, 'select 1')).toEqual([[1]]);
});

test('a result larger than the memory of the session comes whole, in batches', async () => {
  const { row_count, batches } = await query(session, `select repeat('x', 12000) || i from range(50000) t(i)`);
  let rows = 0;
  let largest = 0;
  for await (const batch of batches) {
    rows += batch.length;
    largest = Math.max(largest, batch.length);
  }
  expect([row_count, rows]).toEqual([50_000, 50_000]);
  expect(largest).toBeLessThan(10_000);
});

test('DESCRIBE shows the columns of a view, in the order of the table of columns', async () => {
  const rows = await answer(session, 'select column_name from (describe events)');
  expect(rows.flat()).toEqual(COLUMNS.map(({ name }) => name));
});

test('the files of a session stay readable after a later compaction has replaced them', async () => {
  const early = await openSession({ ...lake, config: CONFIG });
  await append(lake, [[event({ message_id: 'c', pack_id: packId('1'.repeat(15), 3) })]]);
  await compact(lake);
  expect(await answer(early, 'select count(*) from events')).toEqual([[2]]);
  expect(early.snapshot.version).toBe(1);
  await early.close();
});

test('users and products are views over the events', async () => {
  expect(await answer(session, 'select user_key, user_id, events, traits from users')).toEqual([
    ['ada', 'ada', 2, null],
  ]);
  expect(await answer(session, 'select count(*) from products')).toEqual([[0]]);
  for (const { name, columns } of session.views) {
    const rows = await answer(session, `select column_name from (describe ${name})`);
    expect([name, rows.flat()]).toEqual([name, columns.map((column) => column.name)]);
  }
});
