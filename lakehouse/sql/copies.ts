/**
 * The winner rule: of rows with the same source and message id, the one with the smallest (received_at, pack id, index in
 * pack) counts. A pack that was delivered twice leaves the very same row twice; then the row of the table counts, so that
 * no file is written again for nothing.
 */
import type { DuckDBConnection, JS } from '@duckdb/node-api';
import { eventFiles } from './columns.ts';
import { allRows, asNumber } from './duckdb.ts';
import { identitiesOf } from './identities.ts';

const IDENTITY = 'source, message_id';
const STAMP = 'received_at, pack_id, pack_index';
const STAMP_COLUMNS = `${IDENTITY}, ${STAMP}, path, row`;
const STAMPS = `${IDENTITY}, ${STAMP}, filename as path, file_row_number as row`;
const DAY_MS = 86_400_000;

/**
 * Rows that arrived at `receivedMin` or later, epoch milliseconds, can be copies only of rows that arrived at the time
 * returned, or later: copies count once when they arrive within the window.
 */
export function windowStart(receivedMin: number, windowDays: number): number {
  return receivedMin - windowDays * DAY_MS;
}

export interface Arrivals {
  /** Copies included. */
  readonly rows: number;
  /** Oldest and newest arrival, epoch milliseconds; null where there are no rows. */
  readonly received_min: number | null;
  readonly received_max: number | null;
}

/** Makes the table `pending_stamps` of the rows of these segments, for the functions below. */
export async function stampPending(connection: DuckDBConnection, pending: readonly string[]): Promise<Arrivals> {
  await connection.run(`create temp table pending_stamps as ${identitiesOf(eventFiles(pending), `${STAMPS},`)}`);
  const [row] = await allRows(
    connection,
    `select count(*) as rows, epoch_ms(min(received_at)) as received_min, epoch_ms(max(received_at)) as received_max
     from pending_stamps`,
  );
  const time = (value: JS | undefined): number | null => (value === null ? null : asNumber(value));
  return { rows: asNumber(row?.rows), received_min: time(row?.received_min), received_max: time(row?.received_max) };
}

/**
 * Makes the table `inlet.losers(path, row)`: every row of the pending segments and of these files that is a copy of a
 * winner elsewhere in them. Rows of the table are unique among themselves, so only those that share an identity with a
 * pending row are looked at.
 *
 * @param table paths of the files of the table that may hold copies of pending rows
 * @returns how many losers there are in each file that has any
 */
export async function findLosers(connection: DuckDBConnection, table: readonly string[]): Promise<Map<string, number>> {
  await connection.run(`
    create schema if not exists inlet;
    create temp table table_stamps as
      select ${STAMPS} from ${eventFiles(table)} semi join pending_stamps using (${IDENTITY});
    create temp table stamps as
      select ${STAMP_COLUMNS}, false as in_table from pending_stamps
        semi join (select ${IDENTITY} from pending_stamps group by all having count(*) > 1) using (${IDENTITY});
    insert into stamps
      select ${STAMP_COLUMNS}, false from pending_stamps semi join table_stamps using (${IDENTITY})
        anti join stamps using (${IDENTITY})
      union all select ${STAMP_COLUMNS}, true from table_stamps;
    create table inlet.losers as
      select path, row from beaten
      union all select path, row from stamps
      qualify row_number() over (partition by ${IDENTITY} order by ${STAMP}, in_table desc, path, row) > 1;
    drop table table_stamps;
    drop table stamps;
    drop table beaten`);
  const counts = await allRows(connection, 'select path, count(*) as losers from inlet.losers group by path');
  return new Map(counts.map(({ path, losers }) => [String(path), asNumber(losers)]));
}

/** The rows of these files that are not losers, for queries that each read some of them. */
export function winnersOf(paths: readonly string[], losers: ReadonlyMap<string, number>): string {
  const [clean, dirty] = [paths.filter((path) => !losers.has(path)), paths.filter((path) => losers.has(path))];
  const parts = [
    ...(clean.length > 0 || dirty.length === 0 ? [`select * from ${eventFiles(clean)}`] : []),
    ...(dirty.length > 0 ? [`select * from ${winnersInOneScan(dirty, losers)}`] : []),
  ];
  return `(${parts.join(' union all ')})`;
}

/** The same for a query that sorts them all: over two scans DuckDB ran out of memory, whatever it was given. */
export function winnersInOneScan(paths: readonly string[], losers: ReadonlyMap<string, number>): string {
  if (!paths.some((path) => losers.has(path))) return eventFiles(paths);
  return `(select file.* from ${eventFiles(paths)} file
    anti join inlet.losers loser on file.filename = loser.path and file.file_row_number = loser.row)`;
}
