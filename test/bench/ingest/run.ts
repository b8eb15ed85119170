/** `bun test/bench/ingest/run.ts`: how near the ingest path comes to a server that only reads and parses. See README.md. */
import { availableParallelism, cpus } from 'node:os';
import Table from 'cli-table3';
import { Command, InvalidArgumentError } from 'commander';
import { CONNECTIONS, type Measurement, PINNED } from './measure.ts';
import { type Case, runRounds, type Summary } from './rounds.ts';

const CASES: readonly Case[] = [
  { events: 1, threshold: 0.35 },
  { events: 50, threshold: 0.3 },
];

interface Options {
  rounds: number;
  seconds: number;
  small?: true;
}

const command = new Command('bench')
  .description('Measure the ingest path against its ceiling')
  .option('--rounds <count>', 'pairs to take the median of', positive, 5)
  .option('--seconds <seconds>', 'how long each measurement takes', positive, 5)
  .option('--small', 'only see that it runs: one short round, and a missed threshold is no failure')
  .action(async ({ rounds, seconds, small }: Options) => {
    const window = small ? { seconds: 1, warmup_seconds: 0.5 } : { seconds, warmup_seconds: 1 };
    const say = (line: string) => process.stderr.write(`${line}\n`);
    const summaries: Summary[] = [];
    for (const bench of CASES) summaries.push(await runRounds(bench, small ? 1 : rounds, window, say));
    process.stdout.write(`${tableOf(summaries)}\n${JSON.stringify({ machine: machine(), cases: summaries })}\n`);
    if (!small && summaries.some(({ passed }) => !passed)) process.exitCode = 1;
  });

await command.parseAsync();

function tableOf(summaries: readonly Summary[]): string {
  const head = ['events/request', 'server', 'requests/s', 'events/s', 'p50 ms', 'p99 ms', 'of the ceiling', 'at least'];
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  for (const { events, threshold, passed, ceiling, inlet, whole, inlet_ratio, whole_ratio } of summaries) {
    const row = (name: string, figures: Measurement, ...rest: string[]) => {
      const { requests_per_second, p50_ms, p99_ms } = figures;
      const rates = [requests_per_second, requests_per_second * events].map((rate) =>
        Math.round(rate).toLocaleString('en'),
      );
      table.push([String(events), name, ...rates, p50_ms.toFixed(1), p99_ms.toFixed(1), ...rest]);
    };
    row('Bun + Hono', ceiling, '1', '');
    row('Inlet, ingest only', inlet, ratioText(inlet_ratio), `${threshold}: ${passed ? 'passed' : 'MISSED'}`);
    row('Inlet, all roles', whole, ratioText(whole_ratio), '');
  }
  return table.toString();
}

function ratioText({ median, least, most }: Summary['inlet_ratio']): string {
  return `${median.toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`;
}

function machine() {
  return {
    cpu: cpus()[0]?.model ?? '',
    cores: availableParallelism(),
    bun: Bun.version,
    pinned: PINNED,
    connections: CONNECTIONS,
  };
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It takes a number above 0.');
  return value;
}
