/** `bun run bench`: all benches, one after the other, each in a process of its own. See README.md. */
import { join } from 'node:path';
import { Argument, Command } from 'commander';
import { say } from './support/output.ts';

/** With what each of them takes to be small. */
const BENCHES = {
  ingest: ['--small'],
  queue: ['--rounds', '1', '--seconds', '0.2'],
  append: ['--small'],
  timeline: ['--small'],
  'timeline-cold': ['--small'],
  size: ['--small'],
  reports: ['--small'],
} as const;
const NAMES = Object.keys(BENCHES);

await new Command('bench')
  .description('Run the benches; fails where one fails')
  .addArgument(new Argument('[names...]', 'which').choices(NAMES).default(NAMES, 'all'))
  .option('--small', 'only see that they run, in less than a minute: for CI')
  .action(async (names: string[], { small }: { small?: true }) => {
    const failed: string[] = [];
    for (const [name, words] of Object.entries(BENCHES)) {
      if (!names.includes(name)) continue;
      say(`\n${name}`);
      if (!(await passes(name, small ? words : []))) failed.push(name);
    }
    if (failed.length === 0) return;
    say(`\nFailed: ${failed.join(', ')}`);
    process.exitCode = 1;
  })
  .parseAsync();

async function passes(name: string, words: readonly string[]): Promise<boolean> {
  const script = join(import.meta.dirname, name, 'run.ts');
  const child = Bun.spawn([process.execPath, script, ...words], { stdio: ['ignore', 'inherit', 'inherit'] });
  return (await child.exited) === 0;
}
