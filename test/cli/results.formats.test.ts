/** Results for other programs, and reports that are asked for something: by the command, as a user runs it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reportChart } from '../../cli/terminal/chart.ts';
import { folderStore } from '../../platform/bun/folder-store.ts';
import { append } from '../lakehouse/lake.ts';
import { event } from '../lakehouse/rows.ts';
import { inletEnv, runInlet, temporaryFolder } from '../support/inlet.ts';
import { ROOT } from '../tidy/source.ts';

const folder = temporaryFolder('formats');
const inlet = (...words: string[]): ReturnType<typeof runInlet> => runInlet(folder.path, words);
const RANGE = ['--from', '2026-03-28', '--to', '2026-03-28'];

beforeAll(async () => {
  const lake = folderStore(join(folder.path, 'lake'));
  const named = (name: string, pack_index: number): ReturnType<typeof event> =>
    event({ message_id: `m${pack_index}`, event: name, pack_index });
  await append({ lake }, [[named('Opened', 0), named('Paid, at last', 1), named('Paid, at last', 2)]]);
});
afterAll(folder.remove);

/** Standard output as bytes. */
async function exported(...words: string[]): Promise<Uint8Array<ArrayBuffer>> {
  const child = Bun.spawn([process.execPath, join(ROOT, 'cli/inlet.ts'), ...words], {
    env: inletEnv(folder.path),
    stdout: 'pipe',
    stderr: 'inherit',
  });
  return new Response(child.stdout).bytes();
}

test('a report comes as an Arrow stream and as Parquet, with the types of its columns', async () => {
  const words = ['report', 'events_by_day', ...RANGE, '--format'];
  const date = Date.parse('2026-03-28');
  const rows = [
    { date, type: 'track', event: 'Opened', segment: '(all)', events: 1n, users: 1n },
    { date, type: 'track', event: 'Paid, at last', segment: '(all)', events: 2n, users: 1n },
  ];
  const arrow = tableFromIPC(await exported(...words, 'arrow'));
  expect(arrow.schema.fields.map(({ type }) => String(type)).join(' ')).toBe('Date32<DAY> Utf8 Utf8 Utf8 Int64 Int64');
  expect(arrow.toArray().map((row) => ({ ...row.toJSON() }))).toEqual(rows);
  const parquet = await parquetReadObjects({ file: (await exported(...words, 'parquet')).buffer });
  expect(parquet).toEqual(rows.map((row) => ({ ...row, date: new Date(date) })));
});

test('SQL comes as Arrow whatever its types, a large result whole, and an empty one with its columns', async () => {
  const sql = `select i, i % 3 = 0 as third, nullif(i, 1)::INTEGER as gap, 'é' || i as text, i / 4 as quarter,
    DATE '2026-01-01' as day, [i] as list, 1.50::DECIMAL(4, 2) as price, to_timestamp(i) as at from range(5000) r(i)`;
  const arrow = tableFromIPC(await exported('sql', sql, '--format', 'arrow'));
  expect(arrow.numRows).toBe(5_000);
  expect({ ...arrow.get(4_999)?.toJSON() }).toEqual({
    i: 4_999n,
    third: false,
    gap: 4_999,
    text: 'é4999',
    quarter: 1_249.75,
    day: Date.parse('2026-01-01'),
    list: '[4999]',
    price: '1.50',
    at: 4_999_000,
  });
  expect([arrow.get(1)?.gap, arrow.get(3)?.third]).toEqual([null, true]);
  const empty = tableFromIPC(await exported('sql', 'select * from products', '--format', 'arrow'));
  expect([empty.numRows, empty.schema.fields.length]).toEqual([0, 10]);
});

test('a query that fails late gives no bytes in any format', async () => {
  const sql = `select case when i = 1500000 then error('boom') else i::varchar end as x from range(2000000) t(i)`;
  for (const format of ['table', 'json', 'csv', 'parquet', 'arrow']) {
    const { code, stdout, stderr } = await inlet('sql', sql, '--format', format);
    expect([format, code, stdout]).toEqual([format, 1, '']);
    expect(stderr).toContain('boom');
  }
});

test('a report that fails late gives no bytes in any format', async () => {
  const own = join(folder.path, 'reports');
  mkdirSync(own);
  writeFileSync(
    join(own, 'late.sql'),
    `-- name: late
-- grain: one row a number
-- reach_days: 0
-- description: Fails in its last row.
-- columns:
--   date  date     The day.
--   n     integer  A number.
select date, case when i = 999999 then 'many' else i::VARCHAR end::BIGINT as n from report_events, range(1000000) r(i)`,
  );
  for (const format of ['table', 'json', 'csv', 'parquet', 'arrow']) {
    const words = ['report', 'late', ...RANGE, '--format', format];
    const { code, stdout, stderr } = await runInlet(folder.path, words, { INLET_REPORTS_DIR: own });
    expect([format, code, stdout]).toEqual([format, 1, '']);
    expect(stderr).toContain("The report late: Conversion Error: Could not convert string 'many'");
  }
});

test('parameters of a report come by options, and what it does not take is told', async () => {
  const by = ['report', 'events_by_day', ...RANGE, '--group-by', 'source', '--format', 'csv'];
  expect((await inlet(...by)).stdout).toContain(',shop,2,1\n');
  const steps = ['--step', 'Opened', '--step', 'Paid, at last', '--set', 'window_hours=1'];
  const funnel = await inlet('report', 'funnel', ...RANGE, ...steps, '--format', 'csv');
  expect(funnel.stdout.split('\n').slice(1, 3)).toEqual([
    '2026-03-28,(all),1,Opened,1,1',
    '2026-03-28,(all),2,"Paid, at last",1,1',
  ]);
  const wrong = await inlet('report', 'products', '--group-by', 'source');
  expect(wrong).toMatchObject({ code: 2, stdout: '' });
  expect(wrong.stderr).toContain('products does not take "group_by"');
  expect((await inlet('report', 'funnel', '--describe')).stdout).toContain('window_hours');
});

test('a statement that reads no more than it may is told so before DuckDB fails to bind it', async () => {
  expect(await inlet('sql', 'delete from events')).toMatchObject({ code: 2, stdout: '' });
  expect((await inlet('sql', 'delete from events')).stderr).toContain('Only SELECT statements are taken');
});

test('a chart has a bar for each day, and fits or stays away', () => {
  const columns = [
    { name: 'date', type: 'date' },
    { name: 'type', type: 'string' },
    { name: 'events', type: 'integer' },
  ] as const;
  const rows = [
    ['2026-01-01', 'page', 5],
    ['2026-01-01', 'track', 5],
    ['2026-01-02', 'track\u001b[31m', 5],
  ];
  const chart = reportChart({ columns, rows, asOf: null }, 120);
  expect(chart).toContain(`  2026-01-01  ${'█'.repeat(24)} 10\n  2026-01-02  ${'█'.repeat(12)}${' '.repeat(12)} 5\n`);
  expect(reportChart({ columns, rows: rows.slice(2), asOf: null }, 120)).toContain('track\\x1b[31m');
  expect(reportChart({ columns, rows, asOf: null }, 40)).toBe('');
});
