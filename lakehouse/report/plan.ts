/** Which days of a report a change of the table touches. Pure. */
import type { Days } from './compute.ts';
import { addDays, DAY_MS, dayIn } from './days.ts';
import type { ReportDefinition } from './header.ts';

/** Days that one query answers. */
const RUN_DAYS_MAX = 31;

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
export function runsOf(days: readonly string[]): Days[] {
  const runs: { from: string; to: string; days: number }[] = [];
  for (const day of days) {
    const run = runs.at(-1);
    if (run === undefined || run.days === RUN_DAYS_MAX || addDays(run.to, 1) !== day) {
      runs.push({ from: day, to: day, days: 1 });
    } else {
      run.to = day;
      run.days += 1;
    }
  }
  return runs.map(({ from, to }) => ({ from, to }));
}
