/** The commands over the lake, as a user runs them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EMPTY_SNAPSHOT } from '../../lakehouse/catalog/snapshot.ts';
import { statementsFor } from '../../lakehouse/operate/attach.ts';
import { folderStore } from '../../platform/bun/folder-store.ts';
import { packId } from '../../schemas/pack.ts';
import { runInlet, temporaryFolder } from '../support/inlet.ts';
import { append } from './lake.ts';
import { event } from './rows.ts';

const folder = temporaryFolder('lake-cli');
const inlet = (...words: string[]): ReturnType<typeof runInlet> => runInlet(folder.path, words);
const RANGE = ['--from', '2026-03-28', '--to', '2026-03-28'];

beforeAll(async () => {
  const lake = folderStore(`${folder.path}/lake`);
  const named = (event_name: string, pack_index: number): ReturnType<typeof event> =>
    event({ message_id: `m${pack_index}`, event: event_name, pack_index, pack_id: packId('a'.repeat(15), 1) });
  await append({ lake }, [
    [named('Opened, "twice"', 0), named('Steered \u001b[31m', 1), named('Steered \u001b[31m', 2)],
  ]);
});
afterAll(folder.remove);

test('inlet report prints the events of the days asked for, before and after inlet compact', async () => {
  const before = await inlet('report', 'events_by_day', ...RANGE, '--format', 'json');
  expect(JSON.parse(before.stdout)).toEqual([
    { date: '2026-03-28', type: 'track', event: 'Opened, "twice"', segment: '(all)', events: 1, users: 1 },
    { date: '2026-03-28', type: 'track', event: 'Steered \u001b[31m', segment: '(all)', events: 2, users: 1 },
  ]);
  const compacted = await inlet('compact');
  expect(compacted.code).toBe(0);
  expect(compacted.stdout).toMatch(/^Compacted 3 events of 1 segments .* 1 files written, 0 replaced, 0 copies/);
  expect(await inlet('report', 'events_by_day', ...RANGE, '--format', 'json')).toEqual(before);
  expect((await inlet('compact')).stdout).toMatch(/^Nothing to compact\.\nStored 0 report days\./);
});

test('inlet lake status says what the lake is made of, for people and for programs', async () => {
  const { stdout, code } = await inlet('lake', 'status');
  expect(code).toBe(0);
  expect(stdout).toMatch(/: snapshot 1 of \S+Z, \d+ seconds? ago\n/);
  expect(stdout).toMatch(/ events +3 {2}complete up to 2026-03-28T\S+\n {2}files +1 {2}[\d.]+ kB; median/);
  expect(stdout).toMatch(/ segments +0 {2}0 B\n/);
  expect(stdout).toContain('2026-03-28 track');
  const line: unknown = JSON.parse((await inlet('lake', 'status', '--json')).stdout);
  expect(line).toMatchObject({ snapshot: 1, files: 1, rows: 3, pending_segments: 0, oldest_pending: null });
  const status: unknown = JSON.parse((await inlet('status', '--json')).stdout);
  expect(status).toMatchObject({ snapshot: 1, table_files: 1, pending_segments: 0, table_behind_since: null });
});

test('a table shows control characters and does not obey them', async () => {
  const { stdout } = await inlet('report', 'events_by_day', ...RANGE);
  expect(stdout).toContain('Steered \\x1b[31m');
  expect(stdout).not.toContain('\u001b');
  expect(stdout).toContain('2026-03-28 to 2026-03-28, UTC.');
});

test('inlet report without a name lists the reports; with a wrong one it says which there are', async () => {
  expect((await inlet('report')).stdout).toMatch(/events_by_day[\s\S]*groups[\s\S]*products/);
  const wrong = await inlet('report', 'sales');
  expect(wrong).toMatchObject({ code: 2, stdout: '' });
  expect(wrong.stderr).toContain('events_by_day, active_users, new_and_returning, retention, funnel, groups, products');
});

test('inlet sql prints CSV with quotes where they are needed', async () => {
  const { stdout } = await inlet(
    'sql',
    '-c',
    'select event, count(*) as n from events group by all order by n',
    '--format',
    'csv',
  );
  expect(stdout).toBe('event,n\n"Opened, ""twice""",1\nSteered \u001b[31m,2\n');
});

test.each([
  ['a day that is none', ['report', 'groups', '--from', '2026-02-30'], 2],
  ['a time zone that is none', ['report', 'groups', '--timezone', 'Mars/Phobos'], 2],
  ['a format that is none', ['report', 'groups', '--format', 'xml'], 2],
  ['two statements', ['sql', 'select 1; select 2'], 2],
  ['SQL that DuckDB does not take', ['sql', 'selct 1'], 1],
])('%s is an error on standard error with a code', async (_, words, code) => {
  const result = await inlet(...words);
  expect(result).toMatchObject({ code, stdout: '' });
  expect(result.stderr).not.toBe('');
  expect(result.stderr).not.toContain('    at ');
});

test('inlet lake attach prints statements for this very table, or only those of one engine', async () => {
  const all = await inlet('lake', 'attach');
  const one = await inlet('lake', 'attach', 'duckdb');
  expect(one).toMatchObject({ code: 0, stdout: expect.stringContaining(`${folder.path}/lake/table`) });
  expect(all.stdout).toContain(one.stdout);
  expect(await inlet('lake', 'attach', 'oracle')).toMatchObject({ code: 2, stdout: '' });
});

test('a lake that is neither a folder nor a bucket is no place to attach to', () => {
  const place = { lake_uri: 'https://lake.example', s3: null };
  expect(() => statementsFor(place, EMPTY_SNAPSHOT, [])).toThrow('set INLET_LAKE_URI');
});
