/**
 * Every event of page one comes exactly once, later ones at most once, over many small histories: in memory, and one in
 * twenty in files of SQLite. Ends with the shrunken history at the first that is not so.
 *
 *     bun test/bars/paging.ts --seeds 40000
 *     bun test/bars/paging.ts --seeds 1000 --seed 7
 */
import { Command } from 'commander';
import fc from 'fast-check';
import { positive } from '../bench/support/output.ts';
import { exactlyOnce, exactlyOnceUnlessBeaten, onePageIsTheLog } from '../timeline/paging.history.ts';
import { inMemory, onDisk, type Stores } from '../timeline/paging.stores.ts';
import type { OpenIndex } from '../timeline/paging.world.ts';

const REAL_SHARE = 20;

type Check = (open: OpenIndex, parameters: { readonly numRuns: number; readonly seed: number }) => Promise<void>;
const CHECKS: Readonly<Record<string, Check>> = {
  'one page is the log': (open, parameters) => fc.assert(onePageIsTheLog(open), parameters),
  'exactly once': (open, parameters) => fc.assert(exactlyOnce(open), parameters),
  'exactly once, unless beaten': (open, parameters) => fc.assert(exactlyOnceUnlessBeaten(open), parameters),
};

async function run(name: string, { open, close }: Stores, numRuns: number, seed: number): Promise<void> {
  try {
    for (const [property, check] of Object.entries(CHECKS)) {
      const started = performance.now();
      await check(open, { numRuns, seed });
      const seconds = ((performance.now() - started) / 1_000).toFixed(1);
      process.stdout.write(`${property}, ${name}: ${numRuns} histories, all right, in ${seconds} s\n`);
    }
  } finally {
    close();
  }
}

await new Command('paging')
  .option('--seeds <count>', 'histories of each property', positive, 40_000)
  .option('--seed <number>', 'what the first is drawn from', Number, Date.now() % 2 ** 31)
  .action(async ({ seeds, seed }: { seeds: number; seed: number }) => {
    process.stdout.write(`--seed ${seed}\n`);
    await run('in memory', await inMemory(), seeds, seed);
    await run('on disk', await onDisk(), Math.ceil(seeds / REAL_SHARE), seed);
  })
  .parseAsync();
