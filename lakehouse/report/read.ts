/** Reads stored reports, in any runtime: it needs no DuckDB. */
import { parquetReadObjects } from 'hyparquet';
import type { ObjectStore } from '../../platform/ports.ts';
import { InletError } from '../../schemas/errors.ts';
import { daysBetween } from './days.ts';
import { reportNamed } from './definitions.ts';
import type { ReportColumn } from './header.ts';
import { readState, reportKey } from './stored.ts';
import { type ReportResult, type ReportValue, reportValue } from './values.ts';

const DAYS_MAX = 400;
const READS_AT_ONCE = 6;

/**
 * A report over whole UTC days.
 *
 * @param from first day: 2026-01-31
 * @param to last day, included
 * @throws InletError report_unknown, or date_invalid also for more than 400 days
 */
export async function readReport(lake: ObjectStore, name: string, from: string, to: string): Promise<ReportResult> {
  const { columns } = reportNamed(name);
  const days = daysBetween(from, to);
  if (days.length > DAYS_MAX) throw new InletError('date_invalid', { detail: `at most ${DAYS_MAX} days` });
  // Before the days: they may then show more than this says, but never less.
  const state = await readState(lake);
  const rows: ReportValue[][] = [];
  for (let start = 0; start < days.length; start += READS_AT_ONCE) {
    const some = days.slice(start, start + READS_AT_ONCE);
    rows.push(...(await Promise.all(some.map((day) => readDay(lake, reportKey(name, day), columns)))).flat());
  }
  return { columns: columns.map(({ name, type }) => ({ name, type })), rows, asOf: state?.as_of ?? null };
}

async function readDay(lake: ObjectStore, key: string, columns: readonly ReportColumn[]): Promise<ReportValue[][]> {
  const object = await lake.get(key);
  if (object === null) return [];
  const rows = await parquetReadObjects({ file: await object.arrayBuffer() });
  return rows.map((row) => columns.map(({ name, type }) => reportValue(row[name], type)));
}
