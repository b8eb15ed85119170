/**
 * The log as SQL: `events` is the table and the segments it has not taken in yet, each event once, less those that were
 * taken back; `failed_events` is what was rejected. All show one consistent version of the log for as long as the session is open.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { LocalFiles, ObjectStore, PinnedFiles } from '../../platform/ports.ts';
import { type EventType, FAILED_TYPE, RETRACTION_TYPE } from '../../schemas/event.ts';
import type { DayRange } from '../catalog/files.ts';
import { openLog } from '../catalog/log.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import type { TableFile } from '../catalog/table-file.ts';
import { COLUMN_LIST, pathList } from './columns.ts';
import { findLosers, stampPending, windowStart, winnersOf } from './copies.ts';
import { type DuckDB, literal, openDuckDB, READING } from './duckdb.ts';
import { askIndex, openIndex, type Suspicion } from './identities.ts';
import { pinBoard } from './pin-board.ts';
import { filesFor, isWithin, within } from './plan.ts';
import { gatherRetracted, hasPendingRetractions, RETRACTED, retractionFiles } from './retractions.ts';
import { DERIVED_VIEWS, VIEWS, type View } from './views.ts';

export interface SessionOptions {
  readonly lake: ObjectStore;
  readonly files: LocalFiles;
  readonly config: { readonly dedupe_window_days: number };
  /** The UTC days whose events the session has; all without it. What has no part in them is neither read nor fetched. */
  readonly days?: DayRange | undefined;
  /** Interrupts whatever the session runs. */
  readonly signal?: AbortSignal | undefined;
  /** Views beside those of events. */
  readonly own_views?: OwnViews | undefined;
}

/** Makes views, and says which they are and what files they read: nothing else can be read from then on. */
export type OwnViews = (connection: DuckDBConnection) => Promise<PinnedFiles & { readonly views: readonly View[] }>;

export interface Session {
  readonly snapshot: Snapshot;
  /** Days of the table on which the session has events, ascending: 2026-01-31. */
  readonly days: readonly string[];
  /** Of the table, on these days. */
  readonly rows: number;
  /** Newest arrival in the log, of whatever day, epoch milliseconds; null when there is none. */
  readonly asOf: number | null;
  /**
   * What `events` shows on these UTC days, as SQL that opens no file of other days: a view opens all it names, whatever is
   * asked. Nor does it open files of other types than these, if any are named, but rows of others may be among its own.
   */
  eventsOn(days: DayRange, types?: readonly EventType[] | null): string;
  /** For statements of our own. Those of users go through `query`. One at a time. */
  readonly connection: DuckDBConnection;
  /** What there is to ask. */
  readonly views: readonly View[];
  /** The one folder that statements of our own can write to. */
  readonly folder: string;
  close(): Promise<void>;
}

/** Files stay pinned until the session is closed. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { lake, files, config, days, signal, own_views } = options;
  const { snapshot, segments } = await openLog(lake);
  const pins = pinBoard(files);
  let own: Awaited<ReturnType<OwnViews>> | undefined;
  let duckdb: DuckDB | undefined;
  const close = async (): Promise<void> => {
    await duckdb?.close();
    await own?.release();
    await pins.release();
  };
  try {
    const pending = await pins.pin(segments.map(({ key }) => key));
    duckdb = await openDuckDB({ scratch_dir: files.scratch_dir, ...READING, signal });
    const { connection } = duckdb;
    const { received_min, received_max } = await stampPending(connection, pending);
    const hasPending = await hasPendingRetractions(connection);
    const suspect = async (received: number): Promise<Suspicion> => {
      const since = windowStart(received, config.dedupe_window_days);
      const index = await openIndex(lake, snapshot);
      return askIndex(connection, index, since, (parts) => pins.pin(parts.map(({ key }) => key)));
    };
    const suspicion = received_min === null ? null : await suspect(received_min);
    const { shown, compared } = await filesFor(lake, snapshot, suspicion, days);
    const shownPaths = await pins.pin(shown.map(({ key }) => key));
    const comparedPaths = await pins.pin(compared.map(({ key }) => key));
    const retractionPaths = await pins.pin((await retractionFiles(lake, snapshot)).map(({ key }) => key));
    const losers = suspicion === null ? new Map() : await findLosers(connection, comparedPaths);
    const retractions = { inTable: retractionPaths, isAny: hasPending || retractionPaths.length > 0 };
    const view = { shown, shownPaths, pending, losers, retractions };
    await createViews(connection, { ...view, days });
    own = await own_views?.(connection);
    const folder = join(duckdb.folder, 'out');
    await mkdir(folder);
    const readable = [...shownPaths, ...comparedPaths, ...retractionPaths, ...pending, ...(own?.paths ?? [])];
    await fence(connection, readable, folder);
    const newest = [snapshot.received_max, received_max].filter((time) => time !== null);
    return {
      snapshot,
      days: [...new Set(shown.map(({ date }) => date))].sort(),
      rows: shown.reduce((total, { rows }) => total + rows, 0),
      asOf: newest.length === 0 ? null : Math.max(...newest),
      eventsOn: (only, types = null) => `(${eventsSql({ ...view, days: only, types })})`,
      connection,
      views: [...VIEWS, ...(own?.views ?? [])],
      folder,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Shown {
  readonly shown: readonly TableFile[];
  /** Of them, in their order. */
  readonly shownPaths: readonly string[];
  readonly pending: readonly string[];
  readonly losers: ReadonlyMap<string, number>;
  readonly days: DayRange | undefined;
  readonly types?: readonly EventType[] | null;
  readonly retractions: { readonly inTable: readonly string[]; readonly isAny: boolean };
}

const IS_FAILED = `type = ${literal(FAILED_TYPE)}`;
const IS_RETRACTION = `type = ${literal(RETRACTION_TYPE)}`;
const OF_RETRACTED = `join ${RETRACTED} using (source, message_id)`;

/**
 * Removing copies costs a look at the identities of pending rows and of the few files that may hold copies of them, once;
 * a query then pays only for the files that lost a row. Where events were taken back, it pays for a join with a few rows.
 */
async function createViews(connection: DuckDBConnection, view: Shown): Promise<void> {
  const { days, retractions } = view;
  const failed = rowsOf(view, pathsOf(view, true), `${IS_FAILED} and ${within(days)}`);
  await connection.run(`create view retractions as from ${rowsOf(view, retractions.inTable, IS_RETRACTION)}`);
  await gatherRetracted(connection, retractions.isAny ? 'retractions' : '(from retractions limit 0)');
  await connection.run(`
    create view failed_events as from ${failed};
    create view retracted_events as from ${goodRows(view)} semi ${OF_RETRACTED};
    create view events as ${eventsSql(view)};
    ${DERIVED_VIEWS}`);
}

function eventsSql(view: Shown): string {
  return `from ${goodRows(view)} ${view.retractions.isAny ? `anti ${OF_RETRACTED}` : ''}`;
}

function goodRows(view: Shown): string {
  return rowsOf(view, pathsOf(view, false), `not (${IS_FAILED} or ${IS_RETRACTION}) and ${within(view.days)}`);
}

/** A file of the table holds rows of one type and day, so the other ones need not even be opened. */
function pathsOf({ shown, shownPaths, days, types = null }: Shown, isFailed: boolean): string[] {
  return shownPaths.filter((_, position) => {
    const file = shown[position];
    if (file === undefined || (file.type === FAILED_TYPE) !== isFailed || !isWithin(days, file.date)) return false;
    return types === null || types.some((type) => type === file.type);
  });
}

function rowsOf({ pending, losers }: Shown, inTable: readonly string[], condition: string): string {
  return `(
    select ${COLUMN_LIST} from ${winnersOf(inTable, losers)}
    union all
    select ${COLUMN_LIST} from ${winnersOf(pending, losers)} where ${condition})`;
}

/** From here on nothing but these files can be read, nothing outside the folder written, and no setting changed. */
export async function fence(connection: DuckDBConnection, paths: readonly string[], folder: string): Promise<void> {
  await connection.run(`set allowed_paths = ${pathList(paths)}`);
  await connection.run(`set allowed_directories = ${pathList([folder])}`);
  await connection.run('set enable_external_access = false');
  await connection.run('set lock_configuration = true');
}
