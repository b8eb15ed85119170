/** A team's own reports: as a file in a folder they are computed, stored and told of like any other, and fenced like SQL. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { REPORTS, reportNamed } from '../../lakehouse/report/definitions.ts';
import { loadReports } from '../../lakehouse/report/folder.ts';
import { readReport, storedReports } from '../../lakehouse/report/read.ts';
import { runReport } from '../../lakehouse/report/run.ts';
import { reportsAreCurrent, storeReports } from '../../lakehouse/report/store.ts';
import { storedReportViews } from '../../lakehouse/report/views.ts';
import { openSession } from '../../lakehouse/sql/session.ts';
import { packId } from '../../schemas/pack.ts';
import { codeBlocks, readDocument } from '../docs/documents.ts';
import { answer, append, CONFIG, compact, type TestLake, testLake } from '../lakehouse/lake.ts';
import { event } from '../lakehouse/rows.ts';
import { temporaryFolder } from '../support/inlet.ts';

/** The one that the documents show. */
const [OWN = ''] = codeBlocks(readDocument('docs/reports.md'), 'sql');
const ROWS = [['2026-03-28', '1.2', 1, 1]];
const DAYS = { from: '2026-03-28', to: '2026-03-28' };

const folder = temporaryFolder('own-reports');
afterAll(folder.remove);

let lake: TestLake;
let own: string;
beforeEach(async () => {
  lake = testLake();
  own = join(folder.path, 'own');
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, 'errors.sql'), OWN);
  await append(lake, [
    [event({ message_id: 'a', event: 'Error Seen', properties: '{"version":"1.2"}' }), event({ message_id: 'b' })],
  ]);
  await compact(lake);
});
afterEach(() => {
  lake.close();
  rmSync(own, { recursive: true });
});

async function store(timezone = 'UTC') {
  return storeReports({ ...lake, reports: await loadReports(own), timezone });
}

test('the report of the documents is computed, stored, listed, and a view of SQL', async () => {
  const reports = await loadReports(own);
  const report = reportNamed('errors_by_version', reports);
  const session = await openSession({ ...lake, config: CONFIG });
  expect((await runReport(session, { report, ...DAYS, timezone: 'UTC' })).rows).toEqual(ROWS);
  await session.close();

  expect((await storedReports(lake.lake)).map(({ name }) => name)).not.toContain('errors_by_version');
  await store();
  expect(await readReport(lake.lake, 'errors_by_version', DAYS.from, DAYS.to)).toMatchObject({
    rows: ROWS,
    description: report.description,
    columns: report.columns,
  });
  expect((await storedReports(lake.lake)).map(({ name }) => name).sort()).toEqual(
    reports.map(({ name }) => name).sort(),
  );
  const views = await openSession({ ...lake, config: CONFIG, own_views: storedReportViews(lake) });
  expect(await answer(views, 'select version, errors from reports_errors_by_version')).toEqual([['1.2', 1]]);
  expect(await answer(views, 'select sum(events) from reports_events_by_day')).toEqual([[2]]);
  expect(await answer(views, 'select count(*) from reports_funnel')).toEqual([[0]]);
  await views.close();
});

const [HEADER = ''] = OWN.split('select date');

test('a changed text is computed anew, by itself; a report that is taken out is forgotten', async () => {
  await store();
  writeFileSync(join(own, 'errors.sql'), OWN.replace('count(*) as errors', '10 * count(*) as errors'));
  const wanted = { ...lake, reports: await loadReports(own), timezone: 'UTC' };
  expect(await reportsAreCurrent(wanted)).toBe(false);
  expect((await store()).map(({ name }) => name)).toEqual(['errors_by_version']);
  expect((await readReport(lake.lake, 'errors_by_version', DAYS.from, DAYS.to)).rows).toEqual([
    ['2026-03-28', '1.2', 10, 1],
  ]);
  const { objects } = await lake.lake.list({ prefix: 'reports/errors_by_version/' });
  expect(objects).toHaveLength(1);

  rmSync(join(own, 'errors.sql'));
  expect(await store()).toEqual([]);
  await expect(readReport(lake.lake, 'errors_by_version', DAYS.from, DAYS.to)).rejects.toThrow('no report');
  expect((await lake.lake.list({ prefix: 'reports/errors_by_version/' })).objects).toEqual([]);
  expect(await reportsAreCurrent({ ...wanted, reports: REPORTS })).toBe(true);
});

test('another time zone stores other days, of every report', async () => {
  await store();
  expect((await store('Pacific/Kiritimati')).length).toBe(REPORTS.length + 2);
  const { rows, timezone } = await readReport(lake.lake, 'events_by_day', '2026-03-27', '2026-03-30');
  // Six in the morning of UTC is eight in the evening there.
  expect([timezone, rows.map(([date]) => date)]).toEqual(['Pacific/Kiritimati', ['2026-03-28', '2026-03-28']]);
});

test('one that fails in its last row keeps what was stored of it, and holds up no other', async () => {
  await store();
  await append(lake, [
    [
      event({
        message_id: 'c',
        pack_id: packId('c'.repeat(15), 1),
        event: 'Error Seen',
        properties: '{"version":"x"}',
      }),
    ],
  ]);
  await compact(lake);
  const late = `select date, '1.2' as version, if(i = 999999, error('late'), i) as errors, 1 as users
    from report_events, range(1000000) r(i)`;
  writeFileSync(join(own, 'errors.sql'), HEADER + late);
  await expect(store()).rejects.toThrow('The report errors_by_version: Invalid Input Error: late');
  expect((await readReport(lake.lake, 'errors_by_version', DAYS.from, DAYS.to)).rows).toEqual(ROWS);
  const { rows } = await readReport(lake.lake, 'events_by_day', DAYS.from, DAYS.to);
  expect(rows.map((row) => row[4])).toEqual([1, 2]);
});

test.each([
  [
    'a file of the machine',
    `select getvariable('from') as date, content as version, 1 as errors, 1 as users from read_text('/etc/passwd')`,
  ],
  [
    'a parenthesis that closes what is around it',
    'select null as date, null as version, 1 as errors, 1 as users where false); drop view events; select 1 from (select 1',
  ],
  ['a second statement', 'select 1; drop view events'],
  ['a COPY', `copy (select 1) to '${join(folder.path, 'stolen.csv')}'`],
  ['a DELETE', 'delete from report_events'],
  ['a setting', 'set lock_configuration = false'],
  ['fewer columns than the header says', 'select date from report_events'],
  ['a column of another type', `select date, 'x' as version, 'many' as errors, 1 as users from report_events`],
  ['a row without a date', `select null as date, 'x' as version, 1 as errors, 1 as users`],
  ['rows of another day', `select date + 400 as date, 'x' as version, 1 as errors, 1 as users from report_events`],
])('%s is refused, with the name of the report', async (_, sql) => {
  writeFileSync(join(own, 'errors.sql'), HEADER + sql);
  await expect(store()).rejects.toThrow('The report errors_by_version: ');
  const session = await openSession({ ...lake, config: CONFIG });
  const report = reportNamed('errors_by_version', await loadReports(own));
  await expect(runReport(session, { report, ...DAYS, timezone: 'UTC' })).rejects.toThrow(
    'The report errors_by_version: ',
  );
  expect(await answer(session, 'select count(*) from events')).toEqual([[2]]);
  await session.close();
  expect(() => readFileSync(join(folder.path, 'stolen.csv'))).toThrow();
});

test('a report that names types gets no events of others, whether their files are shut or they still wait', async () => {
  const sql = `-- name: calls
-- grain: one row a day and type
-- types: identify
-- reach_days: 0
-- description: Calls of each type.
-- columns:
--   date   date     The day.
--   type   string   The type.
--   calls  integer  Calls.
select date, type, count(*) as calls from report_events
where date between getvariable('from') and getvariable('to') group by all`;
  writeFileSync(join(own, 'calls.sql'), sql);
  const place = (number: number) => ({ pack_id: packId('0123456789abcde', number) });
  await append(lake, [
    [event({ message_id: 'c', type: 'identify', event: null, ...place(7) }), event({ message_id: 'd', ...place(7) })],
  ]);
  const report = reportNamed('calls', await loadReports(own));
  const session = await openSession({ ...lake, config: CONFIG });
  const { rows } = await runReport(session, { report, ...DAYS, timezone: 'UTC' });
  await session.close();
  expect(rows).toEqual([['2026-03-28', 'identify', 1]]);
  await compact(lake);
  await store();
  expect((await readReport(lake.lake, 'calls', DAYS.from, DAYS.to)).rows).toEqual(rows);
});
