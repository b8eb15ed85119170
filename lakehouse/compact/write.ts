/** From sorted rows to files of the table. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ObjectStore } from '../../platform/ports.ts';
import { COLUMNS, PRODUCT_FIELDS } from '../../schemas/columns.ts';
import { tableFileKey } from '../catalog/objects.ts';
import type { TableFile } from '../catalog/table-file.ts';
import { COLUMN_LIST, FILE_ORDER } from '../sql/columns.ts';
import { allRows, asText, inOneThread, literal } from '../sql/duckdb.ts';
import { COPY_OPTIONS } from '../sql/files.ts';
import { concatenate } from './concatenate.ts';
import type { Sorted, SortedPartition } from './slices.ts';
import { statisticsOf } from './statistics.ts';

export interface FileWriter {
  readonly connection: DuckDBConnection;
  readonly lake: ObjectStore;
  /** For temporary files. */
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
}

const PRICE_ID = PRODUCT_FIELDS.find(({ name }) => name === 'price')?.id ?? 0;
const MESSAGE_ID = COLUMNS.find(({ name }) => name === 'message_id')?.id ?? 0;

/** DuckDB keeps at most 100 files open, and begins another one when rows come for a file it has closed. */
const SMALL_PARTITIONS_MAX = 64;

/**
 * @param sorted of `sortInSlices`
 * @throws Error where a file would not hold the rows that are due
 */
export async function writeTableFiles(
  writer: FileWriter,
  { partitions, small: smallRows }: Sorted,
): Promise<TableFile[]> {
  const written: TableFile[] = [];
  for (const partition of partitions.filter(({ files }) => files.length > 0)) {
    writer.signal?.throwIfAborted();
    const { files } = partition;
    const sizes = files.map(({ size }) => size);
    written.push(await upload(writer, partition, await concatenate(sizes, (place) => read(files[place]?.path ?? ''))));
    await Promise.all(files.map(({ path }) => rm(path)));
  }
  const small = partitions.filter(({ files }) => files.length === 0);
  for (let start = 0; start < small.length; start += SMALL_PARTITIONS_MAX) {
    writer.signal?.throwIfAborted();
    written.push(...(await writeSmall(writer, smallRows, small.slice(start, start + SMALL_PARTITIONS_MAX))));
  }
  return written;
}

/**
 * By one statement, as one costs 10 ms and events that come late open a hundred partitions with some rows each; and in one
 * thread, as rows keep their order only then.
 */
async function writeSmall(
  writer: FileWriter,
  rows: string,
  partitions: readonly SortedPartition[],
): Promise<TableFile[]> {
  const { connection, folder } = writer;
  const wanted = partitions.map(({ date, type }) => `(${literal(date)}, ${literal(type)})`);
  const path = join(folder, 'small');
  // Columns that name folders are left out of the files, and `type` belongs into them.
  await inOneThread(connection, () =>
    connection.run(
      `copy (
         select ${COLUMN_LIST}, date as folder_date, type as folder_type from ${rows}
         where (date, type) in (${wanted}) order by date, type, ${FILE_ORDER}
       ) to ${literal(path)} (${COPY_OPTIONS}, PARTITION_BY (folder_date, folder_type))`,
    ),
  );
  const files = await Promise.all(
    partitions.map(async (partition) => {
      const inside = join(path, `folder_date=${partition.date}`, `folder_type=${partition.type}`);
      const [name = '', ...others] = await readdir(inside);
      if (others.length > 0) throw new Error(`${partition.date} ${partition.type} became ${1 + others.length} files`);
      return upload(writer, partition, await read(join(inside, name)));
    }),
  );
  await rm(path, { recursive: true });
  return files;
}

async function read(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(path));
}

async function upload(
  { connection, lake }: FileWriter,
  { date, type, rows, nan_prices }: SortedPartition,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<TableFile> {
  const [made] = await allRows(connection, 'select uuid()::VARCHAR as name');
  const key = tableFileKey(date, type, asText(made?.name));
  const statistics = statisticsOf(bytes, new Map([[PRICE_ID, nan_prices]]));
  const held = statistics.value_counts.get(MESSAGE_ID);
  if (held !== rows) throw new Error(`${key} got ${held} rows where ${rows} are due`);
  if ((await lake.put(key, bytes, { onlyIf: { etagDoesNotMatch: '*' } })) === null) {
    throw new Error(`${key} exists already`);
  }
  return { key, date, type, rows, bytes: bytes.byteLength, statistics };
}
