/**
 * The Jupyter notebook, run over the lake as its first cell says: without an error, and with the figures of
 * `inlet report`.
 *
 *     bun run test:interop notebook
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderStore } from '../../platform/bun/folder-store.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { append } from '../lakehouse/lake.ts';
import { shopRows } from '../notebooks/shop.ts';
import { runInlet, temporaryFolder } from '../support/inlet.ts';
import { ROOT } from '../tidy/source.ts';
import { PYTHON } from './engines.ts';

const NOTEBOOK = join(ROOT, 'lakehouse', 'notebooks', 'analyses.ipynb');
/** The day of the newest event, and the first of the 28 days up to it; all days with events. */
const LAST = '2026-03-15';
const FIRST = '2026-02-16';
const BEGIN = '2026-01-05';

interface Question {
  /** The table of the notebook. */
  readonly table: string;
  readonly words: readonly string[];
  readonly columns: readonly string[];
  /** Rows of the report that the notebook leaves out. */
  readonly without?: (row: Readonly<Record<string, unknown>>) => boolean;
}

const QUESTIONS: readonly Question[] = [
  {
    table: 'events_by_day',
    words: ['events_by_day', '--from', FIRST, '--to', LAST],
    columns: ['date', 'type', 'event', 'events', 'users'],
  },
  {
    table: 'funnel',
    words: ['funnel', '--group-by', 'category', '--from', FIRST, '--to', LAST],
    columns: ['date', 'segment', 'step', 'users'],
    without: ({ users }) => users === 0,
  },
  {
    table: 'retention',
    words: ['retention', '--from', BEGIN, '--to', LAST],
    columns: ['date', 'period', 'users', 'share'],
  },
  {
    table: 'groups',
    words: ['groups', '--from', FIRST, '--to', LAST],
    columns: ['date', 'group_id', 'events', 'users', 'orders', 'revenue'],
    without: ({ group_type }) => group_type !== 'group',
  },
];

/** @returns how many tables have the figures of the report, and how many have not */
export async function checkNotebook(): Promise<{ passed: number; failed: number }> {
  const folder = temporaryFolder('jupyter');
  const outcome = { passed: 0, failed: 0 };
  try {
    const inlet = async (...words: string[]): Promise<string> => {
      const { code, stdout, stderr } = await runInlet(folder.path, words);
      if (code !== 0) throw new Error(stderr);
      return stdout;
    };
    await append({ lake: folderStore(join(folder.path, 'lake')) }, [joinedRows()]);
    await inlet('compact');
    const attach = join(folder.path, 'attach.sql');
    writeFileSync(attach, await inlet('lake', 'attach', 'duckdb-files'));
    const tables = runNotebook(attach);
    for (const { table, words, columns, without } of QUESTIONS) {
      const rows: Record<string, unknown>[] = JSON.parse(await inlet('report', ...words, '--format', 'json'));
      const expected = rows.filter((row) => without?.(row) !== true).map((row) => columns.map((name) => row[name]));
      const problem = difference(tables[table] ?? [], expected);
      outcome[problem === null ? 'passed' : 'failed'] += 1;
      process.stdout.write(`notebook: ${table}: ${problem ?? `${expected.length} rows as the report has them`}\n`);
    }
  } finally {
    folder.remove();
  }
  return outcome;
}

/** Page views become group calls, and events name no group of their own but now and then. */
function joinedRows(): EventRow[] {
  return shopRows().map((row, index) => {
    if (row.type !== 'page') return index % 7 === 0 ? row : { ...row, group_id: null };
    const traits = index % 5 === 0 ? JSON.stringify({ group_type: 'company' }) : null;
    return { ...row, type: 'group', traits };
  });
}

type Tables = Readonly<Record<string, readonly (readonly unknown[])[]>>;

function runNotebook(attach: string): Tables {
  const words = [join(import.meta.dirname, 'notebook.py'), NOTEBOOK, ...QUESTIONS.map(({ table }) => table)];
  const { stdout, stderr } = spawnSync(PYTHON, words, {
    env: { ...process.env, ATTACH_SQL: attach },
    encoding: 'utf8',
  });
  const line = stdout.split('\n').find((text) => text.startsWith('tables '));
  if (line === undefined) throw new Error(`The notebook failed: ${stderr}`);
  return JSON.parse(line.slice('tables '.length));
}

/** @returns what is wrong */
function difference(found: readonly (readonly unknown[])[], expected: readonly (readonly unknown[])[]): string | null {
  if (expected.length === 0) return 'the report has no rows';
  const [mine, theirs] = [found, expected].map((rows) => rows.map((row) => JSON.stringify(row.map(plain))).toSorted());
  const at = (theirs ?? []).findIndex((row, index) => row !== mine?.[index]);
  if (at === -1 && mine?.length === theirs?.length) return null;
  return `${found.length} rows, not ${expected.length}; ${mine?.[at]} is not ${theirs?.[at]}`;
}

/** Times of pandas are days here. */
function plain(value: unknown): unknown {
  if (typeof value === 'number') return Math.round(value * 1e4) / 1e4;
  return typeof value === 'string' ? value.replace(/T00:00:00\.000Z?$/, '') : value;
}
