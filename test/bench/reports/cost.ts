/** What it costs to bring the stored reports up to date, report by report. */
import { daysBetween } from '../../../lakehouse/report/days.ts';
import { REPORTS, USER_DAYS } from '../../../lakehouse/report/definitions.ts';
import { valuesOf } from '../../../lakehouse/report/parameters.ts';
import { type Days, daysRead } from '../../../lakehouse/report/plan.ts';
import { type ReportWork, storeReports } from '../../../lakehouse/report/store.ts';
import { median } from '../support/numbers.ts';
import { portsOf } from './history.ts';

export interface Cost extends ReportWork {
  readonly ms: number;
  /** Of all threads. */
  readonly cpu_ms: number;
}

export const STORED = [USER_DAYS, ...REPORTS];

/** Their rows of a day follow from the events of that day alone. */
export const ADDITIVE: readonly string[] = STORED.filter(
  ({ reach_days, reach_back_days, parameters }) =>
    reach_days === 0 && reach_back_days === 0 && parameters.every(({ type }) => type !== 'hours'),
).map(({ name }) => name);

/** @param count of reports that are stored, beside `user_days` */
export async function storeCosts(folder: string, count = REPORTS.length): Promise<Cost[]> {
  const starts: { name: string; at: number; cpu: number }[] = [];
  const work = await storeReports({
    ...portsOf(folder),
    reports: REPORTS.slice(0, count),
    timezone: 'UTC',
    progress: (label, done) => {
      const [name = ''] = label.split(' ');
      if (done === 0) starts.push({ name, at: performance.now(), cpu: cpuMs() });
    },
  });
  const end = { at: performance.now(), cpu: cpuMs() };
  // From the start of one to the start of the next: closing what it had open is its own cost.
  const taken = new Map(
    starts.map(({ name, at, cpu }, place) => {
      const next = starts[place + 1] ?? end;
      return [name, { ms: next.at - at, cpu_ms: next.cpu - cpu }];
    }),
  );
  return work.map((one) => ({ ...one, ...(taken.get(one.name) ?? { ms: 0, cpu_ms: 0 }) }));
}

/** Of several rounds, report by report. */
export function mediansOf(rounds: readonly (readonly Cost[])[]): Cost[] {
  const of = (name: string, figure: 'ms' | 'cpu_ms'): number =>
    median(rounds.map((round) => round.find((cost) => cost.name === name)?.[figure] ?? Number.NaN));
  return (rounds[0] ?? []).map((cost) => ({ ...cost, ms: of(cost.name, 'ms'), cpu_ms: of(cost.name, 'cpu_ms') }));
}

/** How many days have part in what one more day changes, itself among them. @param history days before it */
export function reachOf(name: string, history: number): number {
  const definition = STORED.find((one) => one.name === name);
  if (definition === undefined) throw new Error(`There is no report ${name}`);
  const day = '2026-01-01';
  const values = valuesOf(definition, {});
  const touched: Days = daysRead(
    { ...definition, reach_days: definition.reach_back_days },
    { from: day, to: day, values },
  );
  const { from } = daysRead(definition, { from: touched.from, to: day, values });
  return Math.min(history + 1, daysBetween(from, day).length);
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
