/** Reports that a central job stored elsewhere, as the Worker gives them out: it knows them by what lies in the lake. */
import { env } from 'cloudflare:workers';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { beforeAll, expect, it } from 'vitest';
import { graphql, makeKeys, migrate } from './worker.ts';

const DAY = '2026-03-28';

beforeAll(async () => {
  await migrate();
  await makeKeys();
});

it('a report of a team comes with its rows, and with the days that were re-stated', async () => {
  const report = {
    name: 'errors_by_version',
    description: 'Errors.',
    grain: 'one row a day',
    columns: [
      { name: 'date', type: 'date', text: 'The day.' },
      { name: 'errors', type: 'integer', text: 'Events.' },
    ],
    parameters: [],
    timezone: 'Europe/Berlin',
    edition: 'abc',
    version: 3,
    stored_at: 5,
    as_of: Date.parse(DAY),
  };
  const rows = parquetWriteBuffer({
    schema: [
      { name: 'root', num_children: 2 },
      { name: 'date', type: 'INT32', converted_type: 'DATE', repetition_type: 'OPTIONAL' },
      { name: 'errors', type: 'INT64', repetition_type: 'OPTIONAL' },
    ],
    columnData: [
      { name: 'date', data: [new Date(DAY)] },
      { name: 'errors', data: [7n] },
    ],
  });
  await env.LAKE.put(`reports/errors_by_version/abc/${DAY}.parquet`, rows);
  await env.LAKE.put(
    'reports/errors_by_version/abc/restated.json',
    JSON.stringify({ [DAY]: { at: Date.parse(DAY), because: 'reach' } }),
  );
  await env.LAKE.put('reports/state.json', JSON.stringify({ reports: [report] }));

  const query = `{
    reports(name: "errors_by_version", from: "${DAY}", to: "${DAY}") { rows asOf timezone restated { date because } }
    reportList { name }
  }`;
  expect(await (await graphql({ query })).json()).toMatchObject({
    data: {
      reports: {
        rows: [[DAY, 7]],
        asOf: `${DAY}T00:00:00.000Z`,
        timezone: 'Europe/Berlin',
        restated: [{ date: DAY, because: 'reach' }],
      },
      reportList: expect.arrayContaining([{ name: 'errors_by_version' }, { name: 'funnel' }]),
    },
  });
});
