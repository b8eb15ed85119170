/**
 * `bun test/bench/reports/run.ts`: what one more day costs the stored reports after histories of several lengths, and how
 * long reports take from raw events. It can be run in several sittings: see ../README.md.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { REPORTS } from '../../../lakehouse/report/definitions.ts';
import { ROOT } from '../../tidy/source.ts';
import { baseSegments } from '../lake/base.ts';
import { dayText } from '../lake/day.ts';
import { positive, print, say } from '../support/output.ts';
import { storeCosts } from './cost.ts';
import { addDay, copyLastDays } from './history.ts';
import { speedSteps } from './speeds.ts';
import { loadState, type Size, type Step, takeSteps } from './state.ts';
import { costTable, speedTable } from './tables.ts';

const CACHE = join(ROOT, 'node_modules', '.cache', 'inlet-bench');

interface Options {
  lake?: string;
  events: number;
  days: number;
  rounds: number;
  seconds?: number;
  small?: true;
  fresh?: true;
}

await new Command('reports')
  .description('Measure what one more day costs the stored reports, and reports from raw events')
  .option('--lake <folder>', 'the lake that bench:lake --keep has left, which stays as it is; without it, one is made')
  .option('--events <count>', 'of the lake that is made', positive, 6_000_000)
  .option('--days <count>', 'of the lake that is made', positive, 60)
  .option('--rounds <count>', 'to take the median of', positive, 3)
  .option('--seconds <count>', 'stop after the step under way by then; the same command goes on', positive)
  .option('--fresh', 'forget earlier sittings')
  .option('--small', 'only see that it runs: few events and days, and a missed bar is no failure')
  .action(async (options: Options) => {
    const sized = options.small ? { ...options, events: 5_000, days: 3, rounds: 1 } : options;
    if (!(await bench(sized)) && !options.small) process.exitCode = 1;
  })
  .parseAsync();

/** @returns whether all bars are met; true too where steps are left for another sitting */
async function bench({ lake, events, days, rounds, seconds, small, fresh }: Options): Promise<boolean> {
  const started = performance.now();
  const isOver = (): boolean => seconds !== undefined && performance.now() - started > seconds * 1_000;
  const folder = join(CACHE, small ? 'reports-small' : 'reports');
  if (fresh || small) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const source = lake === undefined ? join(folder, 'lake') : resolve(lake);
  const made = lake === undefined ? { days, events_per_day: Math.ceil(events / days) } : sizeOf(source);
  const lengths = small ? [3] : [10, 30, 60].filter((length) => length <= made.days);
  const size: Size = { lake: source, ...made, lengths };
  const base = await baseSegments(join(lake === undefined ? folder : source, 'base'), made.events_per_day);
  const state = loadState(folder, size);
  const making = lake === undefined ? makingSteps(source, base, days) : [];
  const steps = [
    ...making,
    ...costSteps({ folder, source, base, size, rounds }),
    ...speedSteps({ folder, source, days: size.days, rounds }),
  ];
  if (!(await takeSteps(steps, { folder, state, isOver }))) {
    say('There are steps left: run the same command again.');
    return true;
  }
  const tables = [costTable(state), speedTable(state)];
  for (const { head, rows, figures } of tables) print(head, rows, { bench: 'reports', ...size, ...figures });
  rmSync(folder, { recursive: true, force: true });
  return tables.every(({ passed }) => passed);
}

/** What the bench of the lake knows of the one it has left. */
function sizeOf(lake: string): Pick<Size, 'days' | 'events_per_day'> {
  const path = join(lake, 'state.json');
  if (!existsSync(path)) throw new Error(`${lake} is no lake that bench:lake --keep has left`);
  const { days }: { days: { events: number }[] } = JSON.parse(readFileSync(path, 'utf8'));
  return { days: days.length, events_per_day: days[0]?.events ?? 0 };
}

function makingSteps(source: string, base: readonly string[], days: number): Step[] {
  return Array.from({ length: days }, (_, day) => ({
    name: `day ${day + 1}`,
    run: () => addDay(source, base, { day, late: true }),
  }));
}

interface Costs {
  readonly folder: string;
  readonly source: string;
  readonly base: readonly string[];
  readonly size: Size;
  readonly rounds: number;
}

function costSteps({ folder, source, base, size, rounds }: Costs): Step[] {
  const { days, lengths } = size;
  const numbers = Array.from({ length: rounds }, (_, round) => round);
  const alone = numbers.map(
    (round): Step => ({
      name: `a day alone, ${round + 1}`,
      run: async (state) => {
        const own = join(folder, 'alone');
        rmSync(own, { recursive: true, force: true });
        await addDay(own, base, { day: days + round, late: false });
        state.alone.push(await storeCosts(own));
      },
    }),
  );
  const after = lengths.flatMap((length): Step[] => {
    const own = join(folder, `after-${length}`);
    const make: Step = {
      name: `a lake of ${length} days`,
      run: () => copyLastDays(source, own, dayText(days - length)),
    };
    const store = [0, ...REPORTS.keys()].map(
      (_, count): Step => ({
        name: `${length} days of ${['user_days', ...REPORTS.map(({ name }) => name)][count]}`,
        run: async () => {
          await storeCosts(own, count);
        },
      }),
    );
    const more = numbers.map(
      (round): Step => ({
        name: `one more day after ${length}, ${round + 1}`,
        run: async (state) => {
          await addDay(own, base, { day: days + round, late: false });
          state.after[length] = [...(state.after[length] ?? []), await storeCosts(own)];
        },
      }),
    );
    const late: Step = {
      name: `one more day with late events after ${length}`,
      run: async (state) => {
        await addDay(own, base, { day: days + rounds, late: true });
        state.late[length] = await storeCosts(own);
        rmSync(own, { recursive: true });
      },
    };
    return [make, ...store, ...more, late];
  });
  return [...alone, ...after];
}
