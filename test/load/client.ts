/** `bun test/load/client.ts --url … --key …`: load from a process of its own, so that it can have a core of its own. */
import { Command, InvalidArgumentError } from 'commander';
import { runLoad } from './load.ts';

function above(least: number, parse: (text: string) => number) {
  return (text: string): number => {
    const value = parse(text);
    if (!Number.isFinite(value) || value < least) throw new InvalidArgumentError(`It takes a number from ${least}.`);
    return value;
  };
}

const whole = above(1, (text) => Number.parseInt(text, 10));
const duration = above(0, Number);

interface Options {
  url: string;
  key: string;
  connections: number;
  seconds: number;
  warmup: number;
  events: number;
  json?: true;
}

const command = new Command('load')
  .description('Send a day of the shop over many connections, as fast as the server answers; fails unless all is 2xx')
  .requiredOption('--url <url>', 'where the server is')
  .requiredOption('--key <write key>', 'the write key')
  .option('--connections <count>', 'how many at the same time', whole, 64)
  .option('--seconds <seconds>', 'for how long', duration, 5)
  .option('--warmup <seconds>', 'how long before counting', duration, 0)
  .option('--events <count>', 'events a request', whole, 1)
  .option('--json', 'print one line of JSON')
  .action(async ({ url, key, connections, seconds, warmup, events, json }: Options) => {
    const result = await runLoad({ url, key, connections, seconds, warmup_seconds: warmup, events });
    const refused = Object.keys(result.statuses).some((status) => !status.startsWith('2'));
    if (refused || result.broken > 0 || result.requests === 0) process.exitCode = 1;
    if (json) {
      process.stdout.write(`${JSON.stringify(result)}\n`);
      return;
    }
    const { p50, p99 } = result.latency_ms;
    process.stdout.write(
      `${Math.round(result.requests_per_second)} requests/s, ${Math.round(result.events_per_second)} events/s, ` +
        `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, statuses ${JSON.stringify(result.statuses)}, ` +
        `${result.broken} connections broken, ${Math.round(result.cpu_share * 100)}% of a core used by the load\n`,
    );
  });

await command.parseAsync();
