/** One unit of compaction: from segments to files of the table, and the change that puts them in its place. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { LocalFiles, ObjectStore, PinnedFiles, StoredObject } from '../../platform/ports.ts';
import { tableFileKey } from '../catalog/objects.ts';
import type { Snapshot, TableFile } from '../catalog/snapshot.ts';
import { COLUMN_LIST, eventFiles, FIELD_IDS, FILE_ORDER } from '../sql/columns.ts';
import { filesInWindow, findLosers, winnersOf } from '../sql/copies.ts';
import { allRows, asNumber, asText, type DuckDB, literal, openDuckDB } from '../sql/duckdb.ts';
import { partitionOf, planMerges } from './plan.ts';

/** Small row groups let a reader skip most of a file that is sorted by user; zstd 6 would save 4 % and cost more time. */
const COPY_OPTIONS = `FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, ROW_GROUP_SIZE 20480, FIELD_IDS ${FIELD_IDS}`;

const DAY = `strftime(timezone('UTC', "timestamp"), '%Y-%m-%d')`;

export interface UnitPorts {
  readonly lake: ObjectStore;
  readonly files: LocalFiles;
  readonly config: { readonly dedupe_window_days: number };
  readonly signal?: AbortSignal | undefined;
}

export interface UnitOutput {
  /** Uploaded, and named by no snapshot yet. */
  readonly add: readonly TableFile[];
  readonly remove: readonly string[];
  /** Rows of the segments, copies included. */
  readonly rows: number;
  readonly copies: number;
}

/** Changes nothing that a reader sees: whatever it uploads waits for a commit. */
export async function compactUnit(
  { lake, files, config, signal }: UnitPorts,
  snapshot: Snapshot,
  segments: readonly StoredObject[],
): Promise<UnitOutput> {
  const pins = pinBoard(files);
  let duckdb: DuckDB | undefined;
  try {
    duckdb = await openDuckDB({ scratch_dir: files.scratch_dir, signal });
    const { connection, folder } = duckdb;
    const paths = await pins.pin(segments);
    const { rows, received_min } = await measure(connection, paths);
    const near = filesInWindow(snapshot.files, received_min, config.dedupe_window_days);
    const nearPaths = await pins.pin(near);
    const losers = await findLosers(connection, paths, nearPaths);

    const beaten = near.filter((_, position) => losers.has(nearPaths[position] ?? ''));
    const merges = planMerges(snapshot.files, await partitionsOf(connection, winnersOf(paths, losers)));
    const rewritten = [...new Set([...beaten, ...merges])];
    const staged = await stage(connection, winnersOf([...paths, ...(await pins.pin(rewritten))], losers));

    const copies = [...losers.values()].reduce((total, count) => total + count, 0);
    const expected = rows + rewritten.reduce((total, file) => total + file.rows, 0) - copies;
    const found = staged.reduce((total, file) => total + file.rows, 0);
    if (found !== expected) throw new Error(`Compaction would write ${found} rows where ${expected} are due`);

    const add: TableFile[] = [];
    for (const partition of staged) {
      signal?.throwIfAborted();
      add.push(await writeTableFile(connection, lake, folder, partition));
    }
    return { add, remove: rewritten.map(({ key }) => key), rows, copies };
  } finally {
    await duckdb?.close();
    await pins.release();
  }
}

/** Pins an object once, however often it is asked for: losers are known by path. */
function pinBoard(files: LocalFiles): {
  pin(objects: readonly { readonly key: string }[]): Promise<string[]>;
  release(): Promise<void>;
} {
  const paths = new Map<string, string>();
  const pins: PinnedFiles[] = [];
  return {
    async pin(objects) {
      const missing = objects.map(({ key }) => key).filter((key) => !paths.has(key));
      const pinned = await files.pin(missing);
      pins.push(pinned);
      for (const [position, key] of missing.entries()) paths.set(key, pinned.paths[position] ?? '');
      return objects.map(({ key }) => paths.get(key) ?? '');
    },
    async release() {
      for (const pinned of pins) await pinned.release();
    },
  };
}

async function measure(
  connection: DuckDBConnection,
  paths: readonly string[],
): Promise<{ rows: number; received_min: number }> {
  const [row] = await allRows(
    connection,
    `select count(*) as rows, coalesce(epoch_ms(min(received_at)), 0) as received_min from ${eventFiles(paths)}`,
  );
  return { rows: asNumber(row?.rows), received_min: asNumber(row?.received_min) };
}

async function partitionsOf(connection: DuckDBConnection, rows: string): Promise<Set<string>> {
  const partitions = await allRows(connection, `select distinct ${DAY} as date, type from ${rows}`);
  return new Set(partitions.map(({ date, type }) => partitionOf({ date: asText(date), type: asText(type) })));
}

type Partition = Omit<TableFile, 'bytes'>;

/**
 * Makes the temporary table `staged`, sorted as the files will be: sorting everything once and then reading it back by
 * partition measured a third of the time of sorting each partition, when memory is short.
 *
 * @returns the files to write
 */
async function stage(connection: DuckDBConnection, rows: string): Promise<Partition[]> {
  await connection.run(
    `create temp table staged as select ${COLUMN_LIST}, ${DAY} as date from ${rows} order by date, type, ${FILE_ORDER}`,
  );
  const partitions = await allRows(
    connection,
    `select date, type, uuid()::VARCHAR as name, count(*) as rows,
       epoch_ms(min(received_at)) as received_min, epoch_ms(max(received_at)) as received_max,
       epoch_ms(min("timestamp")) as timestamp_min, epoch_ms(max("timestamp")) as timestamp_max,
       min(user_key) as user_key_min, max(user_key) as user_key_max
     from staged group by date, type order by date, type`,
  );
  return partitions.map((partition) => {
    const [date, type] = [asText(partition.date), asText(partition.type)];
    return {
      key: tableFileKey(date, type, asText(partition.name)),
      date,
      type,
      rows: asNumber(partition.rows),
      received_min: asNumber(partition.received_min),
      received_max: asNumber(partition.received_max),
      timestamp_min: asNumber(partition.timestamp_min),
      timestamp_max: asNumber(partition.timestamp_max),
      user_key_min: asText(partition.user_key_min),
      user_key_max: asText(partition.user_key_max),
    };
  });
}

async function writeTableFile(
  connection: DuckDBConnection,
  lake: ObjectStore,
  folder: string,
  partition: Partition,
): Promise<TableFile> {
  const path = join(folder, 'partition.parquet');
  const [written] = await allRows(
    connection,
    `copy (select ${COLUMN_LIST} from staged where date = ${literal(partition.date)} and type = ${literal(partition.type)})
       to ${literal(path)} (${COPY_OPTIONS})`,
  );
  const rows = asNumber(written?.Count);
  if (rows !== partition.rows) throw new Error(`${partition.key} got ${rows} rows where ${partition.rows} are due`);
  const bytes = await readFile(path);
  await rm(path);
  if ((await lake.put(partition.key, bytes, { onlyIf: { etagDoesNotMatch: '*' } })) === null) {
    throw new Error(`${partition.key} exists already`);
  }
  return { ...partition, bytes: bytes.byteLength };
}
