/** Which days a report reads, and which a change of the table touches. Pure. */
import { addDays, DAY_MS, dayIn, daysBetween } from './days.ts';
import type { ReportDefinition } from './header.ts';
import { hoursOf, type Values } from './parameters.ts';

export interface Days {
  readonly from: string;
  readonly to: string;
}

/** Days that one query answers. */
const RUN_DAYS_MAX = 31;
/** Rows that one query reads: what it counts stays in memory then. */
const RUN_ROWS = 8_000_000;

/** Days whose events can count in the rows of these days. */
export function daysRead(
  { reach_days, reach_back_days, parameters }: ReportDefinition,
  { from, to, values }: Days & { readonly values: Values },
): Days {
  // A day may have 23 hours, so that hours reach a day further.
  const hours = hoursOf(parameters, values);
  const back = Math.max(reach_back_days, hours === 0 ? 0 : Math.ceil(hours / 24) + 1);
  return { from: addDays(from, -reach_days), to: addDays(to, back) };
}

/** Days of UTC that days of any time zone lie in. */
export function utcDays({ from, to }: Days, timezone: string): Days {
  return timezone === 'UTC' ? { from, to } : { from: addDays(from, -1), to: addDays(to, 1) };
}

/**
 * How many of these days one query should answer: each query looks into every file, and reads its reach anew.
 *
 * @param rows of events in all of them
 */
export function daysAtOnce(
  definition: ReportDefinition,
  question: Days & { readonly values: Values },
  rows: number,
): number {
  const count = ({ from, to }: Days): number => daysBetween(from, to).length;
  const [asked, read] = [count(question), count(daysRead(definition, question))];
  return Math.max(1 + read - asked, Math.floor((asked * RUN_ROWS) / Math.max(rows, 1)));
}

/** The days of a time zone that these days of UTC lie in, ascending. */
export function localDays(days: readonly string[], timezone: string): string[] {
  const local = days.flatMap((day) => {
    const start = Date.parse(day);
    return [dayIn(timezone, start), dayIn(timezone, start + DAY_MS - 1)];
  });
  return [...new Set(local)].sort();
}

/** @param changed days of the report's time zone. @param last day that can have events: later ones stay empty */
export function daysReached(
  changed: readonly string[],
  { reach_days, reach_back_days }: Pick<ReportDefinition, 'reach_days' | 'reach_back_days'>,
  last: string,
): string[] {
  const days = new Set<string>();
  for (const day of changed) {
    for (let reach = -reach_back_days; reach <= reach_days; reach += 1) days.add(addDays(day, reach));
  }
  return [...days].filter((day) => day <= last).sort();
}

/** Days as runs without gaps, each of which one query can answer. */
export function runsOf(days: readonly string[], most = RUN_DAYS_MAX): Days[] {
  const runs: { from: string; to: string; days: number }[] = [];
  for (const day of days) {
    const run = runs.at(-1);
    if (run === undefined || run.days === most || addDays(run.to, 1) !== day) {
      runs.push({ from: day, to: day, days: 1 });
    } else {
      run.to = day;
      run.days += 1;
    }
  }
  return runs.map(({ from, to }) => ({ from, to }));
}
