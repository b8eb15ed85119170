/** From the table `staged` to files of the table. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ObjectStore } from '../../platform/ports.ts';
import { COLUMNS, PRODUCT_FIELDS } from '../../schemas/columns.ts';
import type { TableFile } from '../catalog/table-file.ts';
import { COLUMN_LIST } from '../sql/columns.ts';
import { inOneThread, literal } from '../sql/duckdb.ts';
import { COPY_OPTIONS } from '../sql/files.ts';
import { statisticsOf } from './statistics.ts';

/** Rows of one day and type that become one file. */
export interface Partition extends Omit<TableFile, 'bytes' | 'statistics'> {
  readonly nan_prices: number;
}

export interface FileWriter {
  readonly connection: DuckDBConnection;
  readonly lake: ObjectStore;
  /** For temporary files. */
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
}

const PRICE_ID = PRODUCT_FIELDS.find(({ name }) => name === 'price')?.id ?? 0;
const MESSAGE_ID = COLUMNS.find(({ name }) => name === 'message_id')?.id ?? 0;

/** A statement of its own costs 10 ms, and events that come late open a hundred partitions with some rows each. */
const SMALL_ROWS = 2_000;
/** DuckDB keeps at most 100 files open, and begins another one when rows come for a file it has closed. */
const SMALL_PARTITIONS_MAX = 64;

/** @throws Error where a file would not hold the rows that are due */
export async function writeTableFiles(writer: FileWriter, partitions: readonly Partition[]): Promise<TableFile[]> {
  const written: TableFile[] = [];
  for (const partition of partitions.filter(({ rows }) => rows > SMALL_ROWS)) {
    writer.signal?.throwIfAborted();
    written.push(await writeOne(writer, partition));
  }
  const small = partitions.filter(({ rows }) => rows <= SMALL_ROWS);
  for (let start = 0; start < small.length; start += SMALL_PARTITIONS_MAX) {
    writer.signal?.throwIfAborted();
    written.push(...(await writeTogether(writer, small.slice(start, start + SMALL_PARTITIONS_MAX))));
  }
  return written;
}

async function writeOne(writer: FileWriter, partition: Partition): Promise<TableFile> {
  const path = join(writer.folder, 'partition.parquet');
  await writer.connection.run(
    `copy (select ${COLUMN_LIST} from staged where date = ${literal(partition.date)} and type = ${literal(partition.type)})
       to ${literal(path)} (${COPY_OPTIONS})`,
  );
  const file = await upload(writer, partition, path);
  await rm(path);
  return file;
}

/** In one thread, as rows keep their order only then. */
async function writeTogether(writer: FileWriter, partitions: readonly Partition[]): Promise<TableFile[]> {
  const { connection, folder } = writer;
  const wanted = partitions.map(({ date, type }) => `(${literal(date)}, ${literal(type)})`);
  const path = join(folder, 'partitions');
  // Columns that name folders are left out of the files, and `type` belongs into them.
  await inOneThread(connection, () =>
    connection.run(
      `copy (select ${COLUMN_LIST}, date as folder_date, type as folder_type from staged where (date, type) in (${wanted}))
         to ${literal(path)} (${COPY_OPTIONS}, PARTITION_BY (folder_date, folder_type))`,
    ),
  );
  const files = await Promise.all(
    partitions.map(async (partition) => {
      const inside = join(path, `folder_date=${partition.date}`, `folder_type=${partition.type}`);
      const [name, ...others] = await readdir(inside);
      if (name === undefined || others.length > 0)
        throw new Error(`${partition.key} became ${1 + others.length} files`);
      return upload(writer, partition, join(inside, name));
    }),
  );
  await rm(path, { recursive: true });
  return files;
}

async function upload(writer: FileWriter, { nan_prices, ...partition }: Partition, path: string): Promise<TableFile> {
  const bytes = new Uint8Array(await readFile(path));
  const statistics = statisticsOf(bytes, new Map([[PRICE_ID, nan_prices]]));
  const rows = statistics.value_counts.get(MESSAGE_ID);
  if (rows !== partition.rows) throw new Error(`${partition.key} got ${rows} rows where ${partition.rows} are due`);
  if ((await writer.lake.put(partition.key, bytes, { onlyIf: { etagDoesNotMatch: '*' } })) === null) {
    throw new Error(`${partition.key} exists already`);
  }
  return { ...partition, bytes: bytes.byteLength, statistics };
}
