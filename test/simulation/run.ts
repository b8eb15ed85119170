/**
 * Worlds by their seeds:
 *
 *     bun test/simulation/run.ts 17            one world
 *     bun test/simulation/run.ts 17 500        and the 499 after it
 *     bun test/simulation/run.ts <commit>      a new world for every commit
 */
import { simulate } from './simulate.ts';

const [first = '1', count = '1'] = process.argv.slice(2);
const start = /^[0-9a-f]{40}$/.test(first) ? Number.parseInt(first.slice(0, 8), 16) : Number(first);
if (!Number.isSafeInteger(start) || !(Number(count) >= 1))
  throw new RangeError('A seed is a whole number or a commit.');

for (let seed = start; seed < start + Number(count); seed += 1) {
  const { faults, acknowledged, problems } = await simulate(seed);
  const drawn = Object.entries(faults).map(([name, rate]) => `${name} ${rate.toFixed(3)}`);
  process.stdout.write(`seed ${seed}: ${acknowledged} events acknowledged, ${drawn.join(', ')}\n`);
  for (const problem of problems) process.stdout.write(`  ${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
}
