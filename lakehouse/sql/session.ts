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
import { COLUMN_LIST, eventFiles, pathList } from './columns.ts';
import { findLosers, windowStart, winnersOf } from './copies.ts';
import { allRows, asNumber, type DuckDB, literal, openDuckDB } from './duckdb.ts';
import { DERIVED_VIEWS, VIEWS, type View } from './views.ts';

export interface SessionOptions {
  readonly lake: ObjectStore;
  readonly files: LocalFiles;
  readonly config: { readonly dedupe_window_days: number };
  /** Interrupts whatever the session runs. */
  readonly signal?: AbortSignal | undefined;
  /** Views beside those of events. */
  readonly own_views?: OwnViews | undefined;
}

/** Makes views, and says which they are and what files they read: nothing else can be read from then on. */
export type OwnViews = (connection: DuckDBConnection) => Promise<PinnedFiles & { readonly views: readonly View[] }>;

export interface Session {
  readonly snapshot: Snapshot;
  /** Days of the table on which it has events, ascending: 2026-01-31. */
  readonly days: readonly string[];
  /** Arrival of the newest event in the session, epoch milliseconds; null when there is none. */
  readonly asOf: number | null;
  /** For statements of our own. Those of users go through `query`. One at a time. */
  readonly connection: DuckDBConnection;
  /** What there is to ask. */
  readonly views: readonly View[];
  /** The one folder that statements of our own can write to. */
  readonly folder: string;
  close(): Promise<void>;
}

/** Files stay pinned until the session is closed. */
export async function openSession({ lake, files, config, signal, own_views }: SessionOptions): Promise<Session> {
  const log = await openLog(lake);
  const inTable = await tableFiles(lake, log.snapshot);
  const table = await files.pin(inTable.map(({ key }) => key));
  let pending: PinnedFiles | undefined;
  let own: Awaited<ReturnType<OwnViews>> | undefined;
  let duckdb: DuckDB | undefined;
  const close = async (): Promise<void> => {
    await duckdb?.close();
    await own?.release();
    await pending?.release();
    await table.release();
  };
  try {
    pending = await files.pin(log.segments.map(({ key }) => key));
    duckdb = await openDuckDB({ scratch_dir: files.scratch_dir, signal });
    const { connection } = duckdb;
    const asOf = await createViews(connection, inTable, table.paths, pending.paths, config.dedupe_window_days);
    own = await own_views?.(connection);
    const folder = join(duckdb.folder, 'out');
    await mkdir(folder);
    await fence(connection, [...table.paths, ...pending.paths, ...(own?.paths ?? [])], folder);
    const views = [...VIEWS, ...(own?.views ?? [])];
    const days = [...new Set(inTable.map(({ date }) => date))].sort();
    return { snapshot: log.snapshot, days, asOf, connection, views, folder, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Removing copies costs a look at the identities of pending rows and of table files in their window, once; a query then
 * pays only for the few files that lost a row.
 */
async function createViews(
  connection: DuckDBConnection,
  inTable: readonly TableFile[],
  table: readonly string[],
  pending: readonly string[],
  windowDays: number,
): Promise<number | null> {
  const [arrivals] = await allRows(
    connection,
    `select epoch_ms(min(received_at)) as earliest, epoch_ms(max(received_at)) as latest from ${eventFiles(pending)}`,
  );
  const path = new Map(inTable.map(({ key }, position) => [key, table[position] ?? key]));
  const paths = (files: readonly TableFile[]): string[] => files.map(({ key }) => path.get(key) ?? key);
  const earliest = arrivals?.earliest ?? null;
  const since = earliest === null ? Number.POSITIVE_INFINITY : windowStart(asNumber(earliest), windowDays);
  const near = inTable.filter((file) => receivedMax(file) >= since);
  const losers = await findLosers(connection, pending, paths(near));
  // A file of the table holds rows of one type, so the other ones need not even be opened.
  const failed = paths(inTable.filter(({ type }) => type === FAILED_TYPE));
  const good = paths(inTable.filter(({ type }) => type !== FAILED_TYPE));
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
  await connection.run(DERIVED_VIEWS);
  const newest = Math.max(
    ...inTable.map(receivedMax),
    arrivals?.latest == null ? Number.NEGATIVE_INFINITY : asNumber(arrivals.latest),
  );
  return Number.isFinite(newest) ? newest : null;
}

/** From here on nothing but these files can be read, nothing outside the folder written, and no setting changed. */
export async function fence(connection: DuckDBConnection, paths: readonly string[], folder: string): Promise<void> {
  await connection.run(`set allowed_paths = ${pathList(paths)}`);
  await connection.run(`set allowed_directories = ${pathList([folder])}`);
  await connection.run('set enable_external_access = false');
  await connection.run('set lock_configuration = true');
}
