/** Reads stored reports, in any runtime: it needs no DuckDB. */
import { parquetReadObjects } from 'hyparquet';
import type { ObjectStore } from '../../platform/ports.ts';
import { InletError } from '../../schemas/errors.ts';
import { daysBetween } from './days.ts';
import { REPORTS, reportNamed, USER_DAYS } from './definitions.ts';
import type { ReportColumn, ReportHeader } from './header.ts';
import { type Restatement, readRestated, readState, reportKey } from './stored.ts';
import { type ReportResult, type ReportValue, reportValue } from './values.ts';

const DAYS_MAX = 400;
const READS_AT_ONCE = 6;

export type StoredHeader = Omit<ReportHeader, 'parameters'>;

export interface StoredResult extends ReportResult, StoredHeader {
  readonly columns: readonly ReportColumn[];
  /** IANA name of the time zone whose days these are. */
  readonly timezone: string;
  /** Days among these whose rows changed after they had ended. */
  readonly restated: readonly Restatement[];
}

/** The reports that are stored, a team's own ones among them; before the first time, those that will be. */
export async function storedReports(lake: ObjectStore): Promise<readonly StoredHeader[]> {
  const stored = (await readState(lake)).filter(({ name }) => name !== USER_DAYS.name);
  const names = new Set(stored.map(({ name }) => name));
  return [...stored, ...REPORTS.filter(({ name }) => !names.has(name))];
}

/**
 * A report over whole days of the time zone that reports are stored in.
 *
 * @param from first day: 2026-01-31
 * @param to last day, included
 * @throws InletError report_unknown, or date_invalid also for more than 400 days
 */
export async function readReport(lake: ObjectStore, name: string, from: string, to: string): Promise<StoredResult> {
  // Before the days: they may then show more than this says, but never less.
  const stored = (await readState(lake)).find((report) => report.name === name && name !== USER_DAYS.name);
  const header: StoredHeader = stored ?? reportNamed(name, [...(await storedReports(lake))]);
  const days = daysBetween(from, to);
  if (days.length > DAYS_MAX) throw new InletError('date_invalid', { detail: `at most ${DAYS_MAX} days` });
  const { description, grain, columns, sums } = header;
  const timezone = stored?.timezone ?? 'UTC';
  const answer = { name, description, grain, columns, sums, timezone };
  if (stored === undefined) return { ...answer, rows: [], restated: [], asOf: null };
  const rows: ReportValue[][] = [];
  for (let start = 0; start < days.length; start += READS_AT_ONCE) {
    const some = days.slice(start, start + READS_AT_ONCE);
    rows.push(...(await Promise.all(some.map((day) => readDay(lake, reportKey(stored, day), columns)))).flat());
  }
  const restated = (await readRestated(lake, stored)).filter(({ date }) => date >= from && date <= to);
  return { ...answer, rows, restated, asOf: stored.as_of };
}

async function readDay(lake: ObjectStore, key: string, columns: readonly ReportColumn[]): Promise<ReportValue[][]> {
  const object = await lake.get(key);
  if (object === null) return [];
  const rows = await parquetReadObjects({ file: await object.arrayBuffer() });
  return rows.map((row) => columns.map(({ name, type }) => reportValue(row[name], type)));
}
