/**
 * The log as SQL: `events` is the table and the segments it has not taken in yet, each event once; `failed_events` is
 * what was rejected. Both show one consistent version of the log for as long as the session is open.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { LocalFiles, ObjectStore, PinnedFiles } from '../../platform/ports.ts';
import { FAILED_TYPE } from '../../schemas/event.ts';
import { tableFiles } from '../catalog/files.ts';
import { openLog } from '../catalog/log.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import { receivedMax, type TableFile } from '../catalog/table-file.ts';
import { COLUMN_LIST, pathList } from './columns.ts';
import { type Arrivals, findLosers, stampPending, windowStart, winnersOf } from './copies.ts';
import { type DuckDB, literal, openDuckDB } from './duckdb.ts';
import { askIndex, openIndex } from './identities.ts';

export interface SessionOptions {
  readonly lake: ObjectStore;
  readonly files: LocalFiles;
  readonly config: { readonly dedupe_window_days: number };
  /** Interrupts whatever the session runs. */
  readonly signal?: AbortSignal | undefined;
}

export interface Session {
  readonly snapshot: Snapshot;
  /** Days of the table on which it has events, ascending: 2026-01-31. */
  readonly days: readonly string[];
  /** Arrival of the newest event in the session, epoch milliseconds; null when there is none. */
  readonly asOf: number | null;
  /** For statements of our own. Those of users go through `query`. One at a time. */
  readonly connection: DuckDBConnection;
  /** The one folder that statements of our own can write to. */
  readonly folder: string;
  close(): Promise<void>;
}

/** Files stay pinned until the session is closed. */
export async function openSession({ lake, files, config, signal }: SessionOptions): Promise<Session> {
  const log = await openLog(lake);
  const inTable = await tableFiles(lake, log.snapshot);
  const table = await files.pin(inTable.map(({ key }) => key));
  let pending: PinnedFiles | undefined;
  let duckdb: DuckDB | undefined;
  const close = async (): Promise<void> => {
    await duckdb?.close();
    await pending?.release();
    await table.release();
  };
  try {
    pending = await files.pin(log.segments.map(({ key }) => key));
    duckdb = await openDuckDB({ scratch_dir: files.scratch_dir, signal });
    const { connection } = duckdb;
    const arrivals = await stampPending(connection, pending.paths);
    const paths = new Map(inTable.map((file, position) => [file, table.paths[position] ?? file.key]));
    const losers = await losersIn({ lake, files, config }, connection, log.snapshot, arrivals, paths);
    await createViews(connection, paths, pending.paths, losers);
    const newest = Math.max(...inTable.map(receivedMax), arrivals.received_max ?? Number.NEGATIVE_INFINITY);
    const folder = join(duckdb.folder, 'out');
    await mkdir(folder);
    await fence(connection, [...table.paths, ...pending.paths], folder);
    const days = [...new Set(inTable.map(({ date }) => date))].sort();
    const asOf = Number.isFinite(newest) ? newest : null;
    return { snapshot: log.snapshot, days, asOf, connection, folder, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Removing copies costs a look at the identities of pending rows and of the few files that may hold copies of them, once;
 * a query then pays only for the files that lost a row.
 *
 * @param paths of the files of the table
 * @returns how many losers there are in each file that has any, by path
 */
async function losersIn(
  { lake, files, config }: Pick<SessionOptions, 'lake' | 'files' | 'config'>,
  connection: DuckDBConnection,
  snapshot: Snapshot,
  { received_min }: Arrivals,
  paths: ReadonlyMap<TableFile, string>,
): Promise<Map<string, number>> {
  if (received_min === null) return new Map();
  const since = windowStart(received_min, config.dedupe_window_days);
  const pins: PinnedFiles[] = [];
  try {
    const { covers } = await askIndex(connection, await openIndex(lake, snapshot), since, async (parts) => {
      const pinned = await files.pin(parts.map(({ key }) => key));
      pins.push(pinned);
      return [...pinned.paths];
    });
    return await findLosers(
      connection,
      [...paths].filter(([file]) => covers(file)).map(([, path]) => path),
    );
  } finally {
    for (const pinned of pins) await pinned.release();
  }
}

async function createViews(
  connection: DuckDBConnection,
  table: ReadonlyMap<TableFile, string>,
  pending: readonly string[],
  losers: ReadonlyMap<string, number>,
): Promise<void> {
  // A file of the table holds rows of one type, so the other ones need not even be opened.
  const failed = [...table].filter(([{ type }]) => type === FAILED_TYPE).map(([, path]) => path);
  const good = [...table].filter(([{ type }]) => type !== FAILED_TYPE).map(([, path]) => path);
  for (const [view, tableFiles, comparison] of [
    ['events', good, '<>'],
    ['failed_events', failed, '='],
  ] as const) {
    await connection.run(`
      create view ${view} as
        select ${COLUMN_LIST} from ${winnersOf(tableFiles, losers)}
        union all
        select ${COLUMN_LIST} from ${winnersOf(pending, losers)} where type ${comparison} ${literal(FAILED_TYPE)}`);
  }
}

/** From here on nothing but these files can be read, nothing outside the folder written, and no setting changed. */
async function fence(connection: DuckDBConnection, paths: readonly string[], folder: string): Promise<void> {
  await connection.run(`set allowed_paths = ${pathList(paths)}`);
  await connection.run(`set allowed_directories = ${pathList([folder])}`);
  await connection.run('set enable_external_access = false');
  await connection.run('set lock_configuration = true');
}
