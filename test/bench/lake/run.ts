/** `bun run bench:lake`: two months of events through compaction. It can be run in several sittings: see ../README.md. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { openLake } from '../../../platform/bun/lake.ts';
import { parseConfig } from '../../../schemas/config.ts';
import { type Month, simulateYear } from '../../lakehouse/year.ts';
import { ROOT } from '../../tidy/source.ts';
import { whole } from '../support/numbers.ts';
import { positive, print, say } from '../support/output.ts';
import { baseSegments } from './base.ts';
import { benchDay } from './compact-day.ts';
import { lookAt, sum, type TableFigures } from './look.ts';
import { checkSchema } from './schema.ts';
import { type DayFigures, loadState, saveState } from './state.ts';

const BARS = { bytes_per_event: 90, ratio: 0.7, memory_bytes: 2 * 1_000_000_000, year_growth: 1.25 };

interface Options {
  events: number;
  days: number;
  seconds?: number;
  small?: true;
  fresh?: true;
  keep?: true;
}

await new Command('lake')
  .description('Compact days of events and measure the table')
  .option('--events <count>', 'how many, over all days', positive, 50_000_000)
  .option('--days <count>', 'how many', positive, 60)
  .option('--seconds <count>', 'stop after the day under way by then; the same command goes on', positive)
  .option('--fresh', 'forget earlier sittings')
  .option('--keep', 'leave the lake behind, for the other benches')
  .option('--small', 'only see that it runs: few events, and a missed bar is no failure')
  .action(async (options: Options) => {
    const sized = options.small ? { ...options, events: 40_000, days: 10 } : options;
    const passed = await bench(sized, options.small ? 'lake-small' : 'lake');
    if (!passed && !options.small) process.exitCode = 1;
  })
  .parseAsync();

/** @returns whether all bars are met; true too where days are left for another sitting */
async function bench({ events, days, seconds, small, fresh, keep }: Options, name: string): Promise<boolean> {
  const started = performance.now();
  const isOver = (): boolean => seconds !== undefined && performance.now() - started > seconds * 1_000;
  const folder = join(ROOT, 'node_modules', '.cache', 'inlet-bench', name);
  if (fresh || small) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const base = await baseSegments(join(folder, 'base'), Math.ceil(events / days));
  const config = parseConfig({ INLET_DATA_DIR: folder, INLET_GRACE_MINUTES: '1' });
  const lake = openLake(config);
  const state = loadState(folder);
  for (let day = state.days.length; day < days; day += 1) {
    if (isOver()) {
      say(`${day} of ${days} days are done: run the same command again.`);
      return true;
    }
    state.days.push(await benchDay({ lake, config, base }, day));
    saveState(folder, state);
    say(line(day, state.days.at(-1)));
  }
  await checkSchema(lake, base);
  const table = await lookAt(lake.lake, days);
  const passed = report(state.days, table, await simulateYear());
  if (!keep) rmSync(folder, { recursive: true, force: true });
  return passed;
}

function line(day: number, figures: DayFigures | undefined): string {
  if (figures === undefined) return '';
  const { events, compaction_seconds, bare_seconds, memory_bytes } = figures;
  const rate = whole(events / compaction_seconds);
  const ratio = (bare_seconds / compaction_seconds).toFixed(2);
  return `day ${day + 1}: ${rate} events/s, ${ratio} of DuckDB's COPY, ${whole(memory_bytes / 1e6)} MB`;
}

function report(days: readonly DayFigures[], table: TableFigures, year: readonly Month[]): boolean {
  const events = sum(days.map((day) => day.events));
  const copies = sum(days.map((day) => day.copies));
  if (table.rows !== events - copies) throw new Error(`${events - copies} rows became ${table.rows}`);
  const compaction = sum(days.map((day) => day.compaction_seconds));
  const bare = sum(days.map((day) => day.bare_seconds));
  const [second, last] = [year[1], year.at(-1)];
  if (second === undefined || last === undefined) throw new Error('The year has no months');
  const round = (value: number): number => Number(value.toFixed(3));
  const figures = {
    bytes_per_event: round(table.table_bytes / table.rows),
    ratio: round(bare / compaction),
    memory_bytes: Math.max(...days.map((day) => day.memory_bytes)),
    year_growth: round(Math.max(last.commit.bytes / second.commit.bytes, last.plan.bytes / second.plan.bytes)),
  };
  const verdict = (name: keyof typeof BARS): string => (isMet(name) ? 'passed' : 'MISSED');
  const isMet = (name: keyof typeof BARS): boolean =>
    name === 'ratio' ? figures[name] >= BARS[name] : figures[name] <= BARS[name];
  const passed = isMet('bytes_per_event') && isMet('ratio') && isMet('memory_bytes') && isMet('year_growth');
  const { median, most } = table.files_per_partition;
  const plan = ({ requests, bytes }: { requests: number; bytes: number }): string =>
    `${requests} requests, ${whole(bytes)} bytes`;
  const perCommit = ({ commit, commits }: Month): string =>
    plan({ requests: round(commit.requests / commits), bytes: commit.bytes / commits });
  print(
    [`${whole(events)} events over ${days.length} days`, ''],
    [
      [
        `bytes per event, at most ${BARS.bytes_per_event}: ${verdict('bytes_per_event')}`,
        String(figures.bytes_per_event),
      ],
      ['compaction, events/s', whole(events / compaction)],
      ["DuckDB's bare COPY, events/s", whole(events / bare)],
      [`ratio, at least ${BARS.ratio}: ${verdict('ratio')}`, String(figures.ratio)],
      ['the same of the first and of the last ten days', `${ratioOf(days.slice(0, 10))}, ${ratioOf(days.slice(-10))}`],
      [`most memory, MB, at most 2,000: ${verdict('memory_bytes')}`, whole(figures.memory_bytes / 1e6)],
      ['copies left out', whole(copies)],
      ['files per partition, median and most', `${median}, ${most}`],
      [
        'identity index: bytes per event in it, parts',
        `${round(table.index_bytes / table.index_rows)}, ${table.index_parts}`,
      ],
      ['plan of one day', plan(table.day_plan)],
      ['a year: plan of one day, month 2 and 12', `${plan(second.plan)}; ${plan(last.plan)}`],
      ['a year: a commit, month 2 and 12', `${perCommit(second)}; ${perCommit(last)}`],
      [`a year: growth of bytes, at most ${BARS.year_growth}: ${verdict('year_growth')}`, String(figures.year_growth)],
    ],
    {
      bench: 'lake',
      events,
      days: days.length,
      copies,
      events_per_second: Math.round(events / compaction),
      ...figures,
      ...table,
      passed,
    },
  );
  return passed;
}

function ratioOf(days: readonly DayFigures[]): string {
  return (sum(days.map((day) => day.bare_seconds)) / sum(days.map((day) => day.compaction_seconds))).toFixed(2);
}
