/**
 * The rows of a unit, sorted a slice of users at a time: docs/adr/0017-sort-in-slices.md. A slice is sorted in memory, so
 * the work takes the same memory however large the unit is, and less time than to sort all at once.
 */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { COLUMN_LIST, DAY, FILE_ORDER } from '../sql/columns.ts';
import { allRows, asNumber, asText, type DuckDB, isOutOfMemory, literal, THREADS } from '../sql/duckdb.ts';
import { COPY_OPTIONS } from '../sql/files.ts';

/** One row in so many says where the slices end. */
const SAMPLE = 32;
/** What is held of each slice and partition while rows are spread. */
const SPREAD_ROWS = 4_096;
/** So many times as many slices where memory was short. */
const FINER = 4;
const ATTEMPTS_MAX = 4;
/** Where the rows of small partitions go. */
const SMALL = -1;

/** A day and type. */
export interface PartitionName {
  readonly date: string;
  readonly type: string;
}

interface SortedFile {
  readonly path: string;
  readonly size: number;
}

/** Its rows in files, in the order of the table: those of each file come before those of the next. */
export interface SortedPartition extends PartitionName {
  readonly rows: number;
  readonly nan_prices: number;
  /** Empty for a small one: its rows are in `Sorted.small`. */
  readonly files: readonly SortedFile[];
}

export interface Sorted {
  readonly partitions: readonly SortedPartition[];
  /** A table expression, with a column `date`; in no order. */
  readonly small: string;
}

export interface SliceOptions {
  readonly duckdb: Pick<DuckDB, 'connection' | 'connect' | 'folder'>;
  /** A table expression. */
  readonly rows: string;
  /** About how many slices. */
  readonly count: number;
  /** The partitions that are worth files of their own. */
  readonly large: readonly PartitionName[];
  readonly signal: AbortSignal | undefined;
}

/**
 * How much memory rows take is not known before they are sorted: where it is short, they are sorted in more slices.
 *
 * @throws Error where memory is short even so, and whatever DuckDB throws
 */
export async function sortInSlices(options: SliceOptions): Promise<Sorted> {
  for (let attempt = 1; ; attempt += 1) {
    const folder = join(options.duckdb.folder, `sort-${attempt}`);
    try {
      await mkdir(folder);
      return await sort({ ...options, count: Math.max(1, options.count) * FINER ** (attempt - 1) }, folder);
    } catch (error) {
      if (attempt === ATTEMPTS_MAX || !isOutOfMemory(error)) throw error;
      await rm(folder, { recursive: true });
    }
  }
}

/** One statement seldom keeps two threads busy with a slice: as many are sorted at a time as there are threads. */
async function sort(options: SliceOptions, folder: string): Promise<Sorted> {
  const { duckdb, large, signal } = options;
  const { connection, connect } = duckdb;
  const path = join(folder, 'slices');
  // Where each row is a copy of one in the table, nothing is left to sort.
  if ((await spread(options, path)) === 0) return { partitions: [], small: '' };
  const slices = (await readdir(path)).toSorted((a, b) => numberOf(a) - numberOf(b));
  const files = large.map((): SortedFile[] => []);
  const waiting = slices.entries();
  const lane = async (own: DuckDBConnection): Promise<void> => {
    for (const [place, slice] of waiting) {
      for (const part of (await readdir(join(path, slice))).map(numberOf)) {
        signal?.throwIfAborted();
        const group = files[part];
        if (group === undefined) continue;
        const from = join(path, slice, `part=${part}`);
        group[place] = await sortFiles(own, from, join(folder, `${part}.${place}.parquet`));
        await rm(from, { recursive: true });
      }
    }
  };
  const counts = await countPartitions(connection, filesIn(path));
  const others = await Promise.all(Array.from({ length: Math.min(THREADS, slices.length) - 1 }, connect));
  await allDone([connection, ...others].map(lane));
  const partitions = counts.map((counted) => {
    const part = large.findIndex(({ date, type }) => date === counted.date && type === counted.type);
    return { ...counted, files: Object.values(files[part] ?? []) };
  });
  return { partitions, small: `(select *, ${DAY} as date from ${filesIn(path, '*', `part=${SMALL}`)})` };
}

/** Also when one of them fails: what the others hold is closed afterwards. */
async function allDone(works: readonly Promise<void>[]): Promise<void> {
  const failure = (await Promise.allSettled(works)).find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

/**
 * In one scan: to scan everything for each slice takes six times as long where segments are small.
 *
 * @param path becomes a folder with `slice=<number>/part=<place in large>/*.parquet`
 * @returns rows
 */
async function spread({ duckdb, rows, count, large }: SliceOptions, path: string): Promise<number> {
  const { connection } = duckdb;
  const ends = count < 2 ? [] : await endsOf(connection, rows, count);
  const slice = caseOf(ends.map(isBefore), ends.length);
  const part = caseOf(
    large.map(({ date, type }) => `${DAY} = ${literal(date)} and type = ${literal(type)}`),
    SMALL,
  );
  const [spread] = await allRows(
    connection,
    `copy (select ${COLUMN_LIST}, ${slice} as slice, ${part} as part from ${rows}) to ${literal(path)}
       (FORMAT parquet, COMPRESSION uncompressed, ROW_GROUP_SIZE ${SPREAD_ROWS}, PARTITION_BY (slice, part))`,
  );
  return asNumber(spread?.Count);
}

/** The number of the first condition that holds. */
function caseOf(conditions: readonly string[], otherwise: number): string {
  if (conditions.length === 0) return String(otherwise);
  return `case ${conditions.map((condition, number) => `when ${condition} then ${number}`).join(' ')} else ${otherwise} end`;
}

/** A place in the order of the table. */
interface Place {
  readonly user_key: string;
  /** As SQL writes it. */
  readonly timestamp: string;
}

function isBefore(place: Place): string {
  const user = literal(place.user_key);
  return `(user_key < ${user} or user_key = ${user} and "timestamp" < ${literal(place.timestamp)}::TIMESTAMPTZ)`;
}

/** Places that cut the rows into about equal parts, in order. Rejected events are all of one user: time cuts those. */
async function endsOf(connection: DuckDBConnection, rows: string, count: number): Promise<Place[]> {
  const ends = await allRows(
    connection,
    `select user_key, "timestamp"::VARCHAR as time from (
       select user_key, "timestamp", row_number() over (order by user_key, "timestamp") as place, count(*) over () as rows
       from ${rows} where hash(source, message_id) % ${SAMPLE} = 0
     ) where place % greatest(rows // ${count}, 1) = 0 and place < rows
     group by user_key, "timestamp" order by user_key, "timestamp"`,
  );
  return ends.map(({ user_key, time }) => ({ user_key: asText(user_key), timestamp: asText(time) }));
}

async function countPartitions(
  connection: DuckDBConnection,
  rows: string,
): Promise<(PartitionName & { rows: number; nan_prices: number })[]> {
  const counted = await allRows(
    connection,
    `select ${DAY} as date, type, count(*) as rows,
       coalesce(sum(len(list_filter(products, lambda product: isnan(product.price)))), 0)::BIGINT as nan_prices
     from ${rows} group by all order by all`,
  );
  return counted.map(({ date, type, rows, nan_prices }) => ({
    date: asText(date),
    type: asText(type),
    rows: asNumber(rows),
    nan_prices: asNumber(nan_prices),
  }));
}

async function sortFiles(connection: DuckDBConnection, from: string, to: string): Promise<SortedFile> {
  await connection.run(
    `copy (select ${COLUMN_LIST} from ${filesIn(from)} order by ${FILE_ORDER}) to ${literal(to)} (${COPY_OPTIONS})`,
  );
  return { path: to, size: (await stat(to)).size };
}

function filesIn(...path: string[]): string {
  return `read_parquet(${literal(join(...path, '**', '*.parquet'))}, hive_partitioning = false)`;
}

/** Of `slice=12`: 12. */
function numberOf(folder: string): number {
  return Number(folder.slice(folder.indexOf('=') + 1));
}
