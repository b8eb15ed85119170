/** Reports computed now, over the log as a session sees it, for days of any time zone. */
import { allRows, literal } from '../sql/duckdb.ts';
import type { Session } from '../sql/session.ts';
import { DAY_MS, daysBetween } from './days.ts';
import { reportNamed } from './definitions.ts';
import { type ReportResult, reportValue } from './values.ts';

export interface ReportQuestion {
  readonly name: string;
  /** First day: 2026-01-31. */
  readonly from: string;
  /** Last day, included. */
  readonly to: string;
  /** IANA name of the time zone whose days are meant. */
  readonly timezone: string;
}

/** @throws InletError report_unknown or date_invalid; RangeError for a time zone that there is not */
export async function runReport(session: Session, question: ReportQuestion): Promise<ReportResult> {
  const { columns, sql } = reportNamed(question.name);
  await setDays(session, question);
  const rows = await allRows(session.connection, sql);
  return {
    columns: columns.map(({ name, type }) => ({ name, type })),
    rows: rows.map((row) => columns.map(({ name, type }) => reportValue(row[name], type))),
    asOf: session.asOf,
  };
}

/**
 * Sets what the SQL of a report reads by `getvariable`: `from` and `to` (days), `timezone`, and `earliest` and `latest`,
 * instants that lie outside these days in every time zone. The instants only spare reading; the days decide. So no day
 * boundary is ever computed, and a day of 23 or 25 hours, or one that begins twice, needs no care.
 */
export async function setDays(session: Session, { from, to, timezone }: Omit<ReportQuestion, 'name'>): Promise<void> {
  daysBetween(from, to);
  new Intl.DateTimeFormat('en', { timeZone: timezone });
  const variables = {
    from: `${literal(from)}::DATE`,
    to: `${literal(to)}::DATE`,
    timezone: literal(timezone),
    earliest: `to_timestamp(${(Date.parse(from) - DAY_MS) / 1_000})`,
    latest: `to_timestamp(${(Date.parse(to) + 2 * DAY_MS) / 1_000})`,
  };
  for (const [name, value] of Object.entries(variables)) {
    await session.connection.run(`set variable "${name}" = ${value}`);
  }
}
