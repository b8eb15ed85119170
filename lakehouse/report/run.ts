/** Reports computed now, over the log as a session sees it, for days of any time zone. */
import type { DayRange } from '../catalog/files.ts';
import { allRows } from '../sql/duckdb.ts';
import type { Session } from '../sql/session.ts';
import { compute } from './compute.ts';
import { checkTimeZone, daysBetween } from './days.ts';
import type { ReportDefinition } from './header.ts';
import { type Given, valuesOf } from './parameters.ts';
import { daysAtOnce, daysRead, runsOf, utcDays } from './plan.ts';
import { type ReportResult, reportValue } from './values.ts';

export interface ReportQuestion {
  readonly report: ReportDefinition;
  /** First day: 2026-01-31. */
  readonly from: string;
  /** Last day, included. */
  readonly to: string;
  /** IANA name of the time zone whose days are meant. */
  readonly timezone: string;
  /** Parameters of the report that are not as its header says. */
  readonly given?: Given;
}

/**
 * The UTC days of a session that can answer it.
 *
 * @throws as `runReport`
 */
export function daysToRead({ report, from, to, timezone, given = {} }: ReportQuestion): DayRange {
  daysBetween(from, to);
  checkTimeZone(timezone);
  return utcDays(daysRead(report, { from, to, values: valuesOf(report, given) }), timezone);
}

/**
 * Rows come by day, and within a day as the report has them. Leaves them as the temporary table `report` too.
 *
 * @throws InletError date_invalid or parameter_invalid; RangeError for a time zone that there is not
 */
export async function runReport(
  session: Session,
  { report, from, to, timezone, given = {} }: ReportQuestion,
): Promise<ReportResult> {
  const { connection } = session;
  const days = daysBetween(from, to);
  checkTimeZone(timezone);
  const values = valuesOf(report, given);
  const most = daysAtOnce(report, { from, to, values }, session.rows);
  for (const [position, run] of runsOf(days, most).entries()) {
    const events = session.eventsOn(utcDays(daysRead(report, { ...run, values }), timezone), report.types);
    await compute(connection, report, { ...run, timezone, values }, { events, user_days: 'from events' });
    await connection.run(
      position === 0
        ? 'create or replace temp table report_runs as from report'
        : 'insert into report_runs from report',
    );
  }
  await connection.run('create or replace temp table report as from report_runs order by date, rowid');
  const rows = await allRows(connection, 'from report');
  return {
    columns: report.columns,
    rows: rows.map((row) => report.columns.map(({ name, type }) => reportValue(row[name], type))),
    asOf: session.asOf,
  };
}
