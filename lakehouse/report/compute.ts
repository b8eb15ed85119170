/** One report in DuckDB. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { EventType } from '../../schemas/event.ts';
import { allRows, literal } from '../sql/duckdb.ts';
import { DAY_MS } from './days.ts';
import { USER_DAYS } from './definitions.ts';
import { type ReportDefinition, SQL_TYPES } from './header.ts';
import { bindValues, segmentOf, type Values } from './parameters.ts';
import { type Days, daysRead } from './plan.ts';
import { segmentsOf } from './segments.ts';

export interface Question {
  /** First day of rows: 2026-01-31. */
  readonly from: string;
  /** Last day, included. */
  readonly to: string;
  /** IANA name of the time zone whose days are meant. */
  readonly timezone: string;
  readonly values: Values;
}

/**
 * Makes the temporary table `report`, in the order of the report.
 *
 * @param source SQL of the events; where from the view `user_days` comes: it is there, or is to be made from them
 * @throws Error naming the report, with DuckDB's own words
 */
export async function compute(
  connection: DuckDBConnection,
  definition: ReportDefinition,
  question: Question,
  source: { readonly events: string; readonly user_days: 'stored' | 'from events' },
): Promise<void> {
  const { name, columns, parameters, reads, types, sql } = definition;
  const { timezone, values } = question;
  const read = daysRead(definition, question);
  try {
    const isMade = reads === 'user_days' && source.user_days === 'from events';
    if (reads === 'report_events' || isMade) {
      const segments = segmentsOf(segmentOf(parameters, values));
      await makeEvents(connection, { events: source.events, types, segments }, read, timezone);
    }
    await connection.run('set variable timezone = $1', [timezone]);
    if (isMade) await makeUserDays(connection, read);
    await setDays(connection, question);
    await bindValues(connection, values);
    const cast = columns.map((column) => `"${column.name}"::${SQL_TYPES[column.type]} as "${column.name}"`);
    // `query` takes a single SELECT, whatever a file holds.
    await connection.run(
      `create or replace temp table report as select ${cast.join(', ')} from query(${literal(sql)})`,
    );
    await checkDays(connection);
  } catch (error) {
    throw new Error(`The report ${name}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

/** Rows of other days would be stored nowhere, and come to nobody's notice. */
async function checkDays(connection: DuckDBConnection): Promise<void> {
  const days = `getvariable('from') and getvariable('to')`;
  const [strange] = await allRows(
    connection,
    `select coalesce(date::VARCHAR, 'no date') as day from report where (date between ${days}) is not true limit 1`,
  );
  if (strange !== undefined) throw new Error(`it has a row of ${strange.day}, which is none of the days asked for`);
}

/**
 * The instants only spare reading; the day of each event decides. They lie outside these days in every time zone, so no
 * day boundary is ever computed, and a day of 23 or 25 hours, or one that begins twice, needs no care.
 */
async function makeEvents(
  connection: DuckDBConnection,
  { events, types, segments }: { events: string; types: readonly EventType[] | null; segments: string },
  { from, to }: Days,
  timezone: string,
): Promise<void> {
  const [earliest, latest] = [(Date.parse(from) - DAY_MS) / 1_000, (Date.parse(to) + 2 * DAY_MS) / 1_000];
  const ofTypes = types === null ? '' : ` and type in (${types.map(literal).join(', ')})`;
  await connection.run(`create or replace temp view report_events as
    select *, ${dateIn(timezone)} as date, ${segments} as segments
    from ${events}
    where "timestamp" between to_timestamp(${earliest}) and to_timestamp(${latest})${ofTypes}`);
}

/** A calendar is asked for each row; of UTC a division says the same, and is what half of a report's time would go into. */
function dateIn(timezone: string): string {
  if (timezone === 'UTC') return `make_timestamp(epoch_us("timestamp"))::DATE`;
  return `timezone(${literal(timezone)}, "timestamp")::DATE`;
}

async function makeUserDays(connection: DuckDBConnection, days: Days): Promise<void> {
  await setDays(connection, days);
  await connection.run(`create or replace temp table user_days as from query(${literal(USER_DAYS.sql)})`);
}

async function setDays(connection: DuckDBConnection, { from, to }: Days): Promise<void> {
  await connection.run('set variable "from" = $1::DATE', [from]);
  await connection.run('set variable "to" = $1::DATE', [to]);
}
