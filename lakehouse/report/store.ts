/** Keeps the stored reports up to date with the table. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObjectStore, Progress } from '../../platform/ports.ts';
import { changedDays } from '../catalog/files.ts';
import { EMPTY_SNAPSHOT } from '../catalog/snapshot.ts';
import { loadSnapshot, readSnapshot } from '../catalog/store.ts';
import { allRows, asNumber, literal } from '../sql/duckdb.ts';
import type { Session } from '../sql/session.ts';
import { addDays } from './days.ts';
import { REPORTS } from './definitions.ts';
import type { ReportDefinition } from './header.ts';
import { setDays } from './run.ts';
import { type ReportState, readState, reportKey, writeState } from './stored.ts';

const DEFINITIONS = createHash('sha256')
  .update(REPORTS.map(({ sql }) => sql).join('\0'))
  .digest('hex');

/** Days that one query answers. */
const RUN_DAYS_MAX = 31;

export interface StoreOptions {
  readonly lake: ObjectStore;
  /** Opened after the compaction whose results are to show. */
  readonly session: Session;
  readonly progress?: Progress | undefined;
}

/**
 * Computes the days that changed since the reports were last stored, and those that a change reaches, and stores them.
 * Killed anywhere, the next run does the same days again. One process at a time.
 *
 * @returns how many days of how many reports were written, together
 */
export async function storeReports({ lake, session, progress }: StoreOptions): Promise<number> {
  const { snapshot } = session;
  const state = await readState(lake);
  const changed = await daysSince(lake, session, state);
  const last = [...changed, ...session.days].reduce((a, b) => (a > b ? a : b), '');
  const work = REPORTS.flatMap((report) =>
    consecutive(daysReached(changed, report, last)).map((days) => ({ report, days })),
  );
  let written = 0;
  for (const [position, { report, days }] of work.entries()) {
    await storeDays(lake, session, report, days);
    written += days.length;
    progress?.('reports stored', position + 1, work.length);
  }
  await writeState(lake, { version: snapshot.version, as_of: snapshot.as_of, definitions: DEFINITIONS });
  return written;
}

/** Whether the stored reports show the newest snapshot, so that there is nothing to store. */
export async function reportsAreCurrent(lake: ObjectStore): Promise<boolean> {
  const [state, { version }] = [await readState(lake), await loadSnapshot(lake)];
  return version === 0 || (state?.version === version && state.definitions === DEFINITIONS);
}

/** Every day of the table when the snapshot that the reports show has expired, or the reports are others. */
async function daysSince(lake: ObjectStore, { snapshot }: Session, state: ReportState | null): Promise<string[]> {
  const known = state?.definitions === DEFINITIONS && state.version <= snapshot.version ? state.version : 0;
  if (known === snapshot.version) return [];
  const before = known === 0 ? null : await readSnapshot(lake, known);
  return changedDays(lake, before ?? EMPTY_SNAPSHOT, snapshot);
}

function daysReached(changed: readonly string[], { reach_days }: ReportDefinition, last: string): string[] {
  const days = new Set<string>();
  for (const day of changed) {
    for (let reach = 0; reach <= reach_days; reach += 1) days.add(addDays(day, reach));
  }
  // No event, no row: later days than that of the last event stay empty.
  return [...days].filter((day) => day <= last).sort();
}

/** Splits days into runs that one query can answer. */
function consecutive(days: readonly string[]): string[][] {
  const runs: string[][] = [];
  for (const day of days) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    if (run === undefined || before === undefined || run.length === RUN_DAYS_MAX || addDays(before, 1) !== day) {
      runs.push([day]);
    } else {
      run.push(day);
    }
  }
  return runs;
}

async function storeDays(
  lake: ObjectStore,
  session: Session,
  { name, sql }: ReportDefinition,
  days: readonly string[],
): Promise<void> {
  const { connection, folder, snapshot } = session;
  const path = join(folder, 'report.parquet');
  await setDays(session, { from: days.at(0) ?? '', to: days.at(-1) ?? '', timezone: 'UTC' });
  await connection.run(`create or replace temp table report as ${sql}`);
  for (const day of days) {
    const [written] = await allRows(
      connection,
      `copy (select * from report where date = ${literal(day)}::DATE) to ${literal(path)}
         (FORMAT parquet, KV_METADATA {as_of: '${snapshot.as_of ?? ''}'})`,
    );
    // An absent day reads as one without rows, and costs no file.
    if (asNumber(written?.Count) === 0) await lake.delete(reportKey(name, day));
    else await lake.put(reportKey(name, day), await readFile(path));
  }
}
