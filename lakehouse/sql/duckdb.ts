/** One DuckDB instance for one piece of work, with bounded memory and a scratch folder that goes with it. */

import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, type JS } from '@duckdb/node-api';

export interface DuckDBOptions {
  readonly scratch_dir: string;
  /** As DuckDB writes it. */
  readonly memory_limit?: string;
  /** Of the instance, THREADS if left out. */
  readonly threads?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface DuckDB {
  readonly connection: DuckDBConnection;
  /** Absolute path of a folder for this instance alone. */
  readonly folder: string;
  /** One more connection, which is closed with the instance. */
  connect(): Promise<DuckDBConnection>;
  close(): Promise<void>;
}

const MEMORY_LIMIT = '512MB';
/** Of work that computes: a thread more than there are cores only takes memory. */
export const THREADS = Math.min(2, availableParallelism());
/** Of work that reads many files: DuckDB waits for each of them in the thread that wants it. Each thread takes memory. */
export const READING = { threads: 2 * THREADS, memory_limit: '768MB' };
/** For compaction, which runs beside the server and sorts no more than fits. */
export const CENTRAL_MEMORY_LIMIT = '256MB';
const SPILL_LIMIT = '16GB';
const FOLDER_PREFIX = 'duckdb-';
/** Longer than any work of one instance. */
const LEFTOVER_AGE_MS = 24 * 3_600_000;

/** An abort of `signal` interrupts what runs. Close it in any case. */
export async function openDuckDB(options: DuckDBOptions): Promise<DuckDB> {
  const { scratch_dir, memory_limit = MEMORY_LIMIT, threads = THREADS, signal } = options;
  signal?.throwIfAborted();
  await mkdir(scratch_dir, { recursive: true });
  const folder = await mkdtemp(join(scratch_dir, FOLDER_PREFIX));
  await removeLeftovers(scratch_dir, (await stat(folder)).mtimeMs);
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit,
    threads: String(threads),
    max_temp_directory_size: SPILL_LIMIT,
    temp_directory: join(folder, 'spill'),
  });
  const connections: DuckDBConnection[] = [];
  const connect = async (): Promise<DuckDBConnection> => {
    const made = await instance.connect();
    connections.push(made);
    await made.run(`set TimeZone = 'UTC'`);
    return made;
  };
  const connection = await connect();
  // Files of a COPY by partitions are written as their rows come, not held until it ends.
  await connection.run('set partitioned_write_flush_threshold = 4096');
  // How far a query is can be asked for; DuckDB itself prints nothing.
  await connection.run('set enable_progress_bar = true; set enable_progress_bar_print = false');
  const interrupt = (): void => {
    for (const one of connections) one.interrupt();
  };
  signal?.addEventListener('abort', interrupt);
  return {
    connection,
    folder,
    connect,
    close: async () => {
      signal?.removeEventListener('abort', interrupt);
      for (const one of connections) one.closeSync();
      instance.closeSync();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Of processes that were killed. @param now by the clock of the file system */
async function removeLeftovers(scratch_dir: string, now: number): Promise<void> {
  for (const name of await readdir(scratch_dir)) {
    if (!name.startsWith(FOLDER_PREFIX)) continue;
    const path = join(scratch_dir, name);
    // Gone meanwhile: another process has tidied up, or itself.
    const modified = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => now,
    );
    if (now - modified > LEFTOVER_AGE_MS) await rm(path, { recursive: true, force: true });
  }
}

/** Work that relies on the order in which rows are written. */
export async function inOneThread(connection: DuckDBConnection, work: () => Promise<unknown>): Promise<void> {
  await connection.run('set threads = 1');
  try {
    await work();
  } finally {
    await connection.run(`set threads = ${THREADS}`);
  }
}

/** Never a stream: DuckDB's streams end early and silently when the query fails. */
export async function allRows(connection: DuckDBConnection, sql: string): Promise<Record<string, JS>[]> {
  return (await connection.runAndReadAll(sql)).getRowObjectsJS();
}

/** Whether DuckDB gave up for want of memory, which leaves it well. */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Out of Memory Error');
}

/** A text as an SQL literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Whole numbers come as bigint or number, by their SQL type. */
export function asNumber(value: JS | undefined): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  throw new TypeError(`Expected a number from DuckDB, not ${typeof value}`);
}

export function asText(value: JS | undefined): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`Expected a text from DuckDB, not ${typeof value}`);
}
