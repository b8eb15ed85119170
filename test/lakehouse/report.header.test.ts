/** What a report says of itself, and what it can be asked: both are checked, and errors say where. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { REPORTS, reportNamed } from '../../lakehouse/report/definitions.ts';
import { loadReports } from '../../lakehouse/report/folder.ts';
import { parseReport } from '../../lakehouse/report/header.ts';
import { valuesOf } from '../../lakehouse/report/parameters.ts';
import { segmentsOf } from '../../lakehouse/report/segments.ts';
import { temporaryFolder } from '../support/inlet.ts';

const WHOLE = `-- name: buyers
-- grain: one row a day
-- reach_days: 0
-- description: Who bought.
-- columns:
--   date   date     The day.
--   users  integer  Users: those who bought.
-- parameters:
--   unit   day|week = "day": What is counted.
--   limit  integer = 5: How many.
select 1`;

test('a header is read, with what it leaves out as nothing', () => {
  const { sql, ...header } = parseReport(WHOLE, 'buyers.sql');
  expect(header).toEqual({
    name: 'buyers',
    grain: 'one row a day',
    reads: 'report_events',
    types: null,
    reach_days: 0,
    reach_back_days: 0,
    description: 'Who bought.',
    columns: [
      { name: 'date', type: 'date', text: 'The day.' },
      { name: 'users', type: 'integer', text: 'Users: those who bought.' },
    ],
    sums: [],
    parameters: [
      { name: 'unit', type: 'day|week', default: 'day', text: 'What is counted.' },
      { name: 'limit', type: 'integer', default: 5, text: 'How many.' },
    ],
  });
  expect(sql).toBe(WHOLE);
});

test('types are read, so that files of others stay shut', () => {
  expect(parseReport(WHOLE.replace('-- grain', '-- types: track, page\n-- grain'), 'buyers.sql').types).toEqual([
    'track',
    'page',
  ]);
});

test.each([
  ['a name of other letters', WHOLE.replace('buyers', 'Buyers!'), 'buyers.sql:1: "name" is'],
  ['a name that is a path', WHOLE.replace('buyers', '../buyers'), 'buyers.sql:1: "name" is'],
  ['no reach', WHOLE.replace('-- reach_days: 0\n', ''), 'the header has no "reach_days"'],
  ['a reach without end', WHOLE.replace('reach_days: 0', 'reach_days: 4000'), 'buyers.sql:3: "reach_days" is'],
  ['a field twice', WHOLE.replace('-- grain', '-- name: other\n-- grain'), 'buyers.sql:2: this is no line'],
  ['another source', WHOLE.replace('-- grain', '-- reads: secrets\n-- grain'), 'buyers.sql:2: "reads" is'],
  ['events of no type', WHOLE.replace('-- grain', '-- types: track, click\n-- grain'), 'buyers.sql:2: "types" are'],
  [
    'types of days',
    WHOLE.replace('-- grain', '-- reads: user_days\n-- types: track\n-- grain'),
    'buyers.sql:3: "types" are',
  ],
  ['a sum of what there is not', WHOLE.replace('-- grain', '-- sums: buyers\n-- grain'), 'buyers.sql:2: "sums" names'],
  ['a sum of days', WHOLE.replace('-- grain', '-- sums: users, date\n-- grain'), 'not "date"'],
  ['a type that is none', WHOLE.replace('integer  Users', 'int  Users'), 'buyers.sql:7: a column is'],
  ['a column twice', WHOLE.replace('users  integer', 'date  integer'), 'buyers.sql:7: the column "date" comes twice'],
  ['no date first', WHOLE.replace('--   date   date     The day.\n', ''), 'the first column is "date"'],
  ['a default of another type', WHOLE.replace('= 5', '= "many"'), 'buyers.sql:10: '],
  ['a default that is no JSON', WHOLE.replace('= "day"', '= day'), 'buyers.sql:9: '],
  ['a parameter of no type', WHOLE.replace('limit  integer', 'limit  float'), 'buyers.sql:10: a parameter is'],
  ['a parameter that is always there', WHOLE.replace('limit ', 'from '), 'buyers.sql:10: "from" is no name'],
  ['no SQL', WHOLE.replace('select 1', ''), 'there is no SQL'],
])('%s is refused, with the place', (_, sql, message) => {
  expect(() => parseReport(sql, 'buyers.sql')).toThrow(message);
});

const funnel = reportNamed('funnel', REPORTS);

test('steps are event names, with a filter where there is one', () => {
  const given = { steps: ['Product Viewed', " Order's [category = shoes, new ]", 'Paid [plan.name=a=b]'] };
  expect(valuesOf(funnel, given).get('steps')).toEqual([
    { event: 'Product Viewed', property: null, value: null },
    { event: "Order's", property: 'category', value: 'shoes, new ' },
    { event: 'Paid', property: 'plan.name', value: 'a=b' },
  ]);
});

test.each([
  ['a name it does not take', { limit: '5' }, 'funnel does not take "limit"; its parameters: steps'],
  ['hours that are none', { window_hours: '1; drop view events' }, '"window_hours" is a whole number'],
  ['hours without end', { window_hours: '100000' }, '"window_hours" is a whole number'],
  ['a property that is SQL', { group_by: 'source) from events --' }, '"group_by" is category'],
  ['a path with a quote', { group_by: `properties.a'b` }, '"group_by" is category'],
  ['a path with a bracket', { group_by: 'properties.a[0]' }, '"group_by" is category'],
  ['a column that holds what was sent', { group_by: 'body' }, '"group_by" is category'],
  ['two properties', { group_by: ['source', 'type'] }, '"group_by" takes one value'],
  ['no steps', { steps: [] }, 'takes 1 to 10 steps'],
  ['an empty step', { steps: [' '] }, 'a step of "steps" is an event name'],
  ['a filter by SQL', { steps: [`A [x' or 1=1=y]`] }, 'is no property to filter by'],
])('%s is refused', (_, given, message) => {
  expect(() => valuesOf(funnel, given)).toThrow(message);
});

test('only what is a property becomes SQL', () => {
  expect(segmentsOf('properties.a b.c$')).toContain(`try(json_extract_string(properties, '$."a b"."c$"'))`);
  expect(() => segmentsOf(`properties.x'`)).toThrow('is no property');
});

const folder = temporaryFolder('reports');
afterAll(folder.remove);

test('a folder adds its .sql files, and a bad one is named with file and line', async () => {
  const path = join(folder.path, 'own');
  await expect(loadReports(path)).rejects.toThrow(/^INLET_REPORTS_DIR: .*own/);
  mkdirSync(path);
  writeFileSync(join(path, 'buyers.sql'), WHOLE);
  writeFileSync(join(path, 'notes.txt'), 'not a report');
  expect((await loadReports(path)).map(({ name }) => name)).toEqual([...REPORTS.map(({ name }) => name), 'buyers']);
  writeFileSync(join(path, 'funnel.sql'), WHOLE.replace('buyers', 'funnel'));
  await expect(loadReports(path)).rejects.toThrow(`${join(path, 'funnel.sql')}:1: there is a report "funnel" already`);
  writeFileSync(join(path, 'funnel.sql'), '-- nothing');
  await expect(loadReports(path)).rejects.toThrow(`${join(path, 'funnel.sql')}:1: this is no line`);
});
