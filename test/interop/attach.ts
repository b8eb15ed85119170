/**
 * What `inlet lake attach` prints, run as it is printed: by the engines themselves, on a folder and on a bucket. Each
 * statement ends in a count of events by type, which has to be that of the rows.
 *
 *     bun run test:interop attach            all engines
 *     bun run test:interop attach spark      only these
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ENGINES, type Engine, KEY_NAMES } from '../../lakehouse/operate/attach.ts';
import { s3Files } from '../../platform/bun/local-files.ts';
import { s3Store } from '../../platform/bun/s3-store.ts';
import { systemRandom } from '../../platform/bun/system.ts';
import { virtualClock } from '../../platform/sim/clock.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { append } from '../lakehouse/lake.ts';
import { randomPacks, winnersOf } from '../lakehouse/rows.ts';
import { inletEnv, runInlet, temporaryFolder } from '../support/inlet.ts';
import { BIN, extensions, PYTHON } from './engines.ts';
import { compactAll, type InteropLake, openInteropLake } from './lake.ts';
import { startGate } from './s3.ts';

const TIMEOUT_MS = 400_000;
const ERROR_CHARACTERS_MAX = 1_500;

interface Reader {
  readonly place: 'on a folder' | 'on a bucket';
  /** Of whoever runs the statement, and of the command that prints it. */
  readonly env: Record<string, string>;
  readonly dataDir: string;
  /** Where the statement is run. */
  readonly folder: string;
}

/** @returns how many statements did what they say, and how many did not */
export async function checkAttach(engines: readonly Engine[] = ENGINES): Promise<{ passed: number; failed: number }> {
  const folder = temporaryFolder('attach');
  const gate = await startGate();
  const home = join(folder.path, 'home');
  mkdirSync(home);
  for (const extension of extensions()) {
    execFileSync(join(BIN, 'duckdb'), ['-c', `install '${extension}'`], { env: { ...process.env, HOME: home } });
  }
  const outcome = { passed: 0, failed: 0 };
  try {
    const dataDir = join(folder.path, 'data');
    const scratch = join(folder.path, 'scratch');
    const onDisk = openInteropLake(join(dataDir, 'lake'), scratch, Date.now());
    const bucket = s3Store(gate.config);
    const onS3: InteropLake = {
      root: '',
      lake: bucket,
      files: s3Files(bucket, scratch),
      clock: virtualClock(Date.now()),
      random: systemRandom,
      lake_uri: `s3://${gate.config.bucket}`,
      close: () => {},
    };
    const packs = randomPacks(seededRandom(21), 30, 4);
    for (const lake of [onDisk, onS3]) {
      for (const some of [packs.slice(0, 15), packs.slice(15)]) {
        await append(lake, some);
        await compactAll(lake);
      }
    }
    const s3 = {
      INLET_S3_ENDPOINT: gate.endpoint,
      INLET_S3_BUCKET: gate.config.bucket,
      INLET_S3_REGION: gate.config.region,
      [KEY_NAMES.id]: gate.config.access_key_id,
      [KEY_NAMES.secret]: gate.config.secret_access_key,
    };
    const readers: Reader[] = [
      { place: 'on a folder', env: { HOME: home }, dataDir, folder: folder.path },
      { place: 'on a bucket', env: { ...s3, HOME: home }, dataDir: join(folder.path, 'other'), folder: folder.path },
    ];
    const expected = countsOf(winnersOf(packs.flat()));
    for (const reader of readers) {
      for (const engine of engines) {
        const problem = await check(reader, engine, expected, gate.config.secret_access_key);
        outcome[problem === null ? 'passed' : 'failed'] += 1;
        process.stdout.write(`attached ${reader.place}: ${engine}: ${problem ?? 'counts are right'}\n`);
      }
    }
  } finally {
    await gate.close();
    folder.remove();
  }
  return outcome;
}

/** @returns what is wrong */
async function check(
  { env, dataDir, folder }: Reader,
  engine: Engine,
  expected: Readonly<Record<string, number>>,
  secret: string,
): Promise<string | null> {
  const printed = await runInlet(dataDir, ['lake', 'attach', engine], env);
  if (printed.code !== 0) return printed.stderr;
  if (printed.stdout.includes(secret)) return 'the secret is printed';
  const [program, args] = PROGRAMS[engine];
  const path = [BIN, process.env.PATH].join(delimiter);
  // The server that it reads from is in this process: nothing may block here.
  const child = Bun.spawn([program, ...args], {
    cwd: folder,
    env: { ...inletEnv(dataDir, env), PATH: path, PYSPARK_PYTHON: PYTHON, SPARK_LOCAL_IP: '127.0.0.1' },
    stdin: new Blob([printed.stdout]),
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: TIMEOUT_MS,
  });
  const [output, errors] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const found = readCounts(output);
  if (JSON.stringify(found) === JSON.stringify(expected)) return null;
  return `${JSON.stringify(found)}, not ${JSON.stringify(expected)}\n${errors.slice(-ERROR_CHARACTERS_MAX)}`;
}

/** What takes a statement from its standard input. */
const PROGRAMS: Record<Engine, readonly [string, readonly string[]]> = {
  duckdb: [join(BIN, 'duckdb'), ['-csv', '-bail']],
  'duckdb-files': [join(BIN, 'duckdb'), ['-csv', '-bail']],
  spark: ['bash', []],
  pyiceberg: [PYTHON, ['-']],
  clickhouse: [PYTHON, ['-']],
};

function countsOf(rows: readonly EventRow[]): Record<string, number> {
  const groups = [...Map.groupBy(rows, ({ type }) => type)].map(([type, some]) => [type, some.length] as const);
  return Object.fromEntries(groups.toSorted());
}

/** Whatever the form: a type, and the next number after it. */
function readCounts(output: string): Record<string, number> {
  const found = [...output.matchAll(/\b(track|page|identify|group|failed)\b\D*(\d+)/g)];
  return Object.fromEntries(found.map(([, type = '', count]) => [type, Number(count)]));
}
