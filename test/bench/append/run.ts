/** `bun test/bench/append/run.ts`: how fast events become segments, and segments the table, against DuckDB alone. */
import { join } from 'node:path';
import { Command } from 'commander';
import { parseLine, run } from '../../../cli/demo/child.ts';
import { median, spreadOf, spreadText, whole } from '../support/numbers.ts';
import { positive, print, say } from '../support/output.ts';
import { inScratch } from '../support/scratch.ts';
import { prepare } from './prepare.ts';
import type { Round, Step } from './round.ts';

interface Options {
  events: number;
  rounds: number;
  small?: true;
}

const LABELS: Record<Step, string> = {
  append: 'Inlet: packs to segments',
  compact: 'Inlet: segments to the table',
  duckdb: 'DuckDB: NDJSON to one sorted file',
};
/** A round appends before it compacts; whoever goes first goes last in the next round. */
const ORDERS: readonly (readonly Step[])[] = [
  ['append', 'compact', 'duckdb'],
  ['duckdb', 'append', 'compact'],
];

await new Command('append')
  .description('Measure append and compaction against a COPY of DuckDB over the same events')
  .option('--events <count>', 'how many', positive, 200_000)
  .option('--rounds <count>', 'to take the median of', positive, 5)
  .option('--small', 'only see that it runs: one round over few events')
  .action(async ({ events, rounds, small }: Options) => {
    await inScratch('append', async (folder) => {
      prepare(folder, small ? 10_000 : events);
      const done: Record<Step, Round>[] = [];
      for (let round = 0; round < (small ? 1 : rounds); round += 1) done.push(await playRound(folder, round));
      report(done);
    });
  })
  .parseAsync();

async function playRound(folder: string, number: number): Promise<Record<Step, Round>> {
  const taken = new Map<Step, Round>();
  for (const step of ORDERS[number % 2] ?? []) {
    const round = await play(step, folder);
    say(`Round ${number + 1}: ${LABELS[step]}, ${whole(round.events / round.seconds)} events/s`);
    taken.set(step, round);
  }
  const of = (step: Step): Round => {
    const round = taken.get(step);
    if (round === undefined) throw new Error(`${step} was not played.`);
    return round;
  };
  const { events, checksum } = of('duckdb');
  for (const step of ['append', 'compact'] as const) {
    if (of(step).events !== events || of(step).checksum !== checksum) {
      throw new Error(`"${LABELS[step]}" did not write the same events as DuckDB.`);
    }
  }
  return { append: of('append'), compact: of('compact'), duckdb: of('duckdb') };
}

async function play(step: Step, folder: string): Promise<Round> {
  const path = { PATH: process.env.PATH ?? '' };
  const line = await run([process.execPath, join(import.meta.dirname, 'round.ts'), step, folder], path);
  const { events, checksum, seconds, cpu_seconds } = parseLine(line);
  return {
    events: Number(events),
    checksum: String(checksum),
    seconds: Number(seconds),
    cpu_seconds: Number(cpu_seconds),
  };
}

function report(rounds: readonly Record<Step, Round>[]): void {
  const [first] = rounds;
  const figures = (step: Step) => ({
    events_per_second: median(rounds.map((round) => round[step].events / round[step].seconds)),
    cpu_us_per_event: median(rounds.map((round) => (round[step].cpu_seconds / round[step].events) * 1e6)),
    of_duckdb: spreadOf(rounds.map((round) => round.duckdb.seconds / round[step].seconds)),
  });
  const all = { append: figures('append'), compact: figures('compact'), duckdb: figures('duckdb') };
  const row = (step: Step) => {
    const { events_per_second, cpu_us_per_event, of_duckdb } = all[step];
    return [LABELS[step], whole(events_per_second), cpu_us_per_event.toFixed(1), spreadText(of_duckdb)];
  };
  print(
    [`${whole(first?.duckdb.events ?? 0)} events`, 'events/s', 'CPU µs/event', 'of DuckDB'],
    [row('append'), row('compact'), row('duckdb')],
    { bench: 'append', events: first?.duckdb.events, checksum: first?.duckdb.checksum, rounds: rounds.length, ...all },
  );
}
