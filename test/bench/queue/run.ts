/** Journals against SQLite, in alternating rounds; prints medians and their ratios. See README.md. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ENGINES, EngineName } from './engines.ts';
import { LOADS, quantile, type Round } from './round.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1.5' },
    folder: { type: 'string', default: tmpdir() },
  },
});

const COLUMNS = [
  'messages_per_second',
  'flush_messages',
  'p50_ms',
  'p99_ms',
  'lag_p99_ms',
  'cpu_us_per_message',
] as const;
const engines: EngineName[] = ['journals', 'sqlite'];

for (const load of Object.keys(LOADS)) {
  const rounds: Record<EngineName, Round[]> = { journals: [], sqlite: [] };
  for (let round = 0; round < Number(values.rounds); round += 1) {
    const order = round % 2 === 0 ? engines : engines.toReversed();
    for (const engine of order) rounds[engine].push(playRound(engine, load));
  }
  const median = (engine: EngineName, column: (typeof COLUMNS)[number]): number =>
    quantile(
      rounds[engine].map((round) => round[column]),
      0.5,
    );
  console.log(`\n${load}`);
  console.table(
    Object.fromEntries(
      COLUMNS.map((column) => {
        const [journals, sqlite] = [median('journals', column), median('sqlite', column)];
        return [
          column,
          { journals: round2(journals), sqlite: round2(sqlite), 'journals / sqlite': round2(journals / sqlite) },
        ];
      }),
    ),
  );
}

function playRound(engine: keyof typeof ENGINES, load: string): Round {
  const script = join(import.meta.dirname, 'round.ts');
  const child = Bun.spawnSync([process.execPath, script, engine, load, values.seconds, values.folder], {
    stderr: 'inherit',
  });
  if (!child.success) throw new Error(`The round of ${engine} failed.`);
  return JSON.parse(child.stdout.toString());
}

function round2(value: number): number {
  return Number(value.toPrecision(3));
}
