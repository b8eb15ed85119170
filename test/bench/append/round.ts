/** One of the three, in a process of its own: `bun round.ts <step> <folder>`. Prints a Round as JSON. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { decodePack } from '../../../edge/enqueue/pack.ts';
import { expandPack } from '../../../edge/expand/expand.ts';
import { appendSegment } from '../../../lakehouse/append/append.ts';
import { tableFiles } from '../../../lakehouse/catalog/files.ts';
import { openLog } from '../../../lakehouse/catalog/log.ts';
import { runCompaction } from '../../../lakehouse/compact/run.ts';
import { openLake } from '../../../platform/bun/lake.ts';
import { systemClock, systemRandom, zstdCompressor } from '../../../platform/bun/system.ts';
import { parseConfig } from '../../../schemas/config.ts';
import { type Content, contentOf, copyByDuckDB } from './duckdb.ts';
import { readPacksFile } from './packs-file.ts';
import { PACKS, ROWS } from './prepare.ts';

export interface Round extends Content {
  readonly seconds: number;
  /** Processor time, all threads. */
  readonly cpu_seconds: number;
}

export const STEPS = { append, compact, duckdb } as const;
export type Step = keyof typeof STEPS;

/** What a step has written, and how long the work took without its preparation. */
interface Work {
  readonly paths: readonly string[];
  readonly seconds: number;
}

if (import.meta.main) {
  const [name = '', folder = ''] = process.argv.slice(2);
  const step = Object.entries(STEPS).find(([known]) => known === name)?.[1];
  if (step === undefined) throw new Error(`No step ${name}.`);
  const before = process.cpuUsage();
  const { paths, seconds } = await step(folder);
  const { user, system } = process.cpuUsage(before);
  const content = await contentOf(scratchOf(folder), paths);
  const round: Round = { ...content, seconds, cpu_seconds: (user + system) / 1e6 };
  process.stdout.write(`${JSON.stringify(round)}\n`);
}

/** Packs to rows to segments of a new lake, as the consumer does, without the hot index. */
async function append(folder: string): Promise<Work> {
  const config = configOf(folder);
  rmSync(config.data_dir, { recursive: true, force: true });
  const { lake } = openLake(config);
  const batches = readPacksFile(join(folder, PACKS));
  const start = performance.now();
  const keys: string[] = [];
  for (const batch of batches) {
    const packs = batch.map(decodePack);
    const ids = packs.map(({ header }) => header.id);
    keys.push(await appendSegment(lake, packs.flatMap(expandPack), ids, zstdCompressor));
  }
  return { paths: pathsOf(folder, keys), seconds: (performance.now() - start) / 1_000 };
}

/** The segments of the last append to the table. */
async function compact(folder: string): Promise<Work> {
  const config = configOf(folder);
  const stores = openLake(config);
  const start = performance.now();
  await runCompaction({ ...stores, clock: systemClock, random: systemRandom, config });
  const seconds = (performance.now() - start) / 1_000;
  const { snapshot, segments } = await openLog(stores.lake);
  if (segments.length > 0) throw new Error(`${segments.length} segments were left out.`);
  const keys = (await tableFiles(stores.lake, snapshot)).map(({ key }) => key);
  return { paths: pathsOf(folder, keys), seconds };
}

async function duckdb(folder: string): Promise<Work> {
  const path = join(folder, 'duckdb.parquet');
  const scratch = scratchOf(folder);
  mkdirSync(scratch, { recursive: true });
  return { paths: [path], seconds: await copyByDuckDB(scratch, join(folder, ROWS), path) };
}

function configOf(folder: string) {
  return parseConfig({ INLET_DATA_DIR: join(folder, 'data') });
}

function pathsOf(folder: string, keys: readonly string[]): string[] {
  return keys.map((key) => join(configOf(folder).data_dir, 'lake', key));
}

function scratchOf(folder: string): string {
  return join(folder, 'scratch');
}
