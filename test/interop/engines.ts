/** The engines: Python processes that read a table, over and over. Installed once, into the cache of node_modules. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../tidy/source.ts';

const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');
const CACHE = join(ROOT, 'node_modules', '.cache', 'interop');
export const BIN = join(CACHE, 'venv', 'bin');
export const PYTHON = join(BIN, 'python');
const SPARK_RUNTIME = 'org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.9.2';

const ERROR_CHARACTERS_MAX = 1_000;

export const ENGINES = ['pyiceberg', 'duckdb', 'chdb', 'spark'] as const;
export type EngineName = (typeof ENGINES)[number];

export interface Request {
  /** Of the table. */
  readonly location: string;
  /** Of the metadata. */
  readonly version: number;
  /** A pack to look for. */
  readonly pack: string;
}

export type Answer = Readonly<Record<string, number>>;

export interface Engine {
  ask(request: Request): Promise<Answer>;
  stop(): void;
}

/** Everything comes from the registries of Python and Maven, in exact versions. */
export function install(): void {
  const wanted = `${readFileSync(REQUIREMENTS, 'utf8')}${SPARK_RUNTIME}\n`;
  const marker = join(CACHE, 'installed');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return;
  rmSync(CACHE, { recursive: true, force: true });
  run('python3', '-m', 'venv', join(CACHE, 'venv'));
  run(PYTHON, '-m', 'pip', 'install', '--quiet', '--requirement', REQUIREMENTS);
  run(
    'mvn',
    '--batch-mode',
    '--quiet',
    'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy',
    `-Dartifact=${SPARK_RUNTIME}`,
    `-DoutputDirectory=${CACHE}`,
  );
  writeFileSync(marker, wanted);
}

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
}

/** @param folder the lake, where it reads from: ClickHouse opens files below its working folder only */
export function startEngine(name: EngineName, folder: string): Engine {
  const child = spawn(PYTHON, [join(import.meta.dirname, 'read.py'), name, JSON.stringify(settings())], {
    cwd: folder,
  });
  const errors: string[] = [];
  child.stderr.on('data', (data: Buffer) => errors.push(data.toString()));
  const answers = answersOf(child);
  return {
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const { value } = await answers.next();
      if (value === undefined)
        throw new Error(
          errors
            .join('')
            .split('\n')
            .filter((line) => /Error|Exception/.test(line))
            .join('\n')
            .slice(0, ERROR_CHARACTERS_MAX),
        );
      return value;
    },
    stop: () => child.stdin.end(),
  };
}

async function* answersOf(child: ChildProcessWithoutNullStreams): AsyncGenerator<Answer, undefined> {
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('answer ')) continue;
    const answer: Answer = JSON.parse(line.slice('answer '.length));
    yield answer;
  }
  return undefined;
}

function settings(): { extensions: string[]; jar: string } {
  return { extensions: extensions(), jar: found('iceberg-spark-runtime-*.jar').at(0) ?? '' };
}

/** Of DuckDB; avro comes before iceberg, which needs it. */
export function extensions(): string[] {
  return found('venv/lib/*/site-packages/duckdb_extension_*/extensions/*/*.duckdb_extension');
}

function found(pattern: string): string[] {
  return globSync(join(CACHE, pattern)).sort();
}
