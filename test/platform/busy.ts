/** Keeps its compilers busy, then prints the name and the niceness of every thread. */
import { readdirSync, readFileSync } from 'node:fs';
import { keepCompilersLow } from '../../platform/bun/compilers.ts';

const ROUNDS = 12;
const ROUND_MS = 100;

keepCompilersLow();
let sum = 0;
for (let round = 0; round < ROUNDS; round += 1) {
  for (const until = performance.now() + ROUND_MS; performance.now() < until; ) {
    // New code each time, so that there is always something to compile.
    const work = new Function('n', `let s = ${round}; for (let i = 0; i < n; i += 1) s = (s * 31 + i) | 0; return s;`);
    for (let call = 0; call < 300; call += 1) sum += work(3_000);
  }
  await Bun.sleep(1);
}
const threads = readdirSync('/proc/self/task').map((thread) => {
  const line = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
  const niceness = line.slice(line.lastIndexOf(')') + 2).split(' ')[16];
  return { name: line.slice(line.indexOf('(') + 1, line.lastIndexOf(')')), niceness: Number(niceness) };
});
process.stdout.write(JSON.stringify({ threads, sum }));
process.exit(0);
