/** From the bytes of row groups to the events of one user. */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  type ParquetParsers,
  parquetReadObjects,
  type RowGroup,
  type SchemaElement,
} from 'hyparquet';
import { COLUMNS, type EventRow } from '../../schemas/columns.ts';
import { TIMELINE_COLUMNS, type TimelineGroup, type TimelineGroups } from '../../schemas/timeline.ts';

export interface TimelineRow extends Pick<EventRow, (typeof TIMELINE_COLUMNS)[number]> {
  /** Says only that the row of an older run is gone. */
  readonly gone: boolean;
}

/** Files from before row groups were bounded by bytes have pages of 2,048 events of 32 KB. */
const PAGE_BYTES_MAX = 83_886_080;

/** The header of a page says its length, and nothing may inflate far beyond it. */
const DECOMPRESSORS: Compressors = {
  GZIP: (page, length) => gunzipSync(page, { maxOutputLength: inflatedMax(length) }),
  ZSTD: (page, length) => zstdDecompressSync(page, { maxOutputLength: inflatedMax(length) }),
};

/** workerd holds the limit against its buffer, which it enlarges to up to twice of what is needed. */
function inflatedMax(length: number): number {
  if (length > PAGE_BYTES_MAX) throw new Error(`A page of ${length} bytes in a file of the timeline`);
  return 3 * length + 65_536;
}

// Text that starts with U+FEFF keeps it.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

const PARSERS: Partial<ParquetParsers> = {
  stringFromBytes: (bytes: Uint8Array | undefined) => bytes && decoder.decode(bytes),
  timestampFromMicroseconds: (micros: bigint | undefined) => (micros === undefined ? micros : Number(micros / 1_000n)),
};

/** Row groups that were fetched: one behind the other in `bytes`, the first of which lies at `start` in the file. */
export interface Fetched {
  readonly groups: readonly TimelineGroup[];
  readonly start: number;
  readonly bytes: ArrayBuffer;
}

/**
 * In the order of the file. What tells users apart is decoded first, and the rest only of row groups that hold any.
 *
 * @param oldest @param newest both included, epoch milliseconds
 */
export async function rowsOfUser(
  { schema, codec }: TimelineGroups,
  { groups, start, bytes }: Fetched,
  user: string,
  oldest: number,
  newest: number,
): Promise<TimelineRow[]> {
  const elements = schema.filter(isSchemaElement);
  const file: AsyncBuffer = {
    byteLength: start + bytes.byteLength,
    slice: (from, to = start + bytes.byteLength) => bytes.slice(from - start, to - start),
  };
  const rows: TimelineRow[] = [];
  for (const group of groups) {
    const source = {
      file,
      metadata: metadataOf(elements, codec, group),
      compressors: DECOMPRESSORS,
      parsers: PARSERS,
    };
    const places = await parquetReadObjects({ ...source, columns: ['user_key', 'timestamp'] });
    const isWanted = ({ user_key, timestamp }: Record<string, unknown>): boolean =>
      user_key === user && typeof timestamp === 'number' && timestamp >= oldest && timestamp <= newest;
    const rowStart = places.findIndex(isWanted);
    if (rowStart === -1) continue;
    const rowEnd = places.findLastIndex(isWanted) + 1;
    const present = new Set(elements.map(({ name }) => name));
    const columns = ['gone', ...TIMELINE_COLUMNS].filter((name) => present.has(name));
    const records = await parquetReadObjects({ ...source, columns, rowStart, rowEnd });
    rows.push(...records.map(parseTimelineRow));
  }
  return rows;
}

/** The footer of a file that has this row group only. */
function metadataOf(schema: SchemaElement[], codec: string, { rows, offset, lengths }: TimelineGroup): FileMetaData {
  if (codec !== 'ZSTD' && codec !== 'GZIP') throw new Error(`Timeline files are not compressed with ${codec}`);
  let end = offset;
  const leaves = schema.filter(({ num_children }) => num_children === undefined);
  const columns = leaves.map(({ name, type }, place) => {
    if (type === undefined) throw new Error(`Column ${name} of a timeline file has no type`);
    const length = lengths[place] ?? 0;
    end += length;
    return {
      file_offset: 0n,
      meta_data: {
        ...{ type, encodings: [], path_in_schema: [name], codec },
        ...{ num_values: BigInt(rows), total_uncompressed_size: 0n, total_compressed_size: BigInt(length) },
        data_page_offset: BigInt(end - length),
      },
    } satisfies RowGroup['columns'][number];
  });
  const row_group = { columns, total_byte_size: 0n, num_rows: BigInt(rows) };
  return { version: 2, schema, num_rows: BigInt(rows), row_groups: [row_group], metadata_length: 0 };
}

function isSchemaElement(element: object): element is SchemaElement {
  return 'name' in element && typeof element.name === 'string';
}

const SPECS = COLUMNS.filter(({ name }) => TIMELINE_COLUMNS.some((column) => column === name));

function parseTimelineRow(record: Readonly<Record<string, unknown>>): TimelineRow {
  const row: Record<string, unknown> = { gone: record.gone === true };
  for (const { name } of SPECS) row[name] = record[name] ?? null;
  if (isTimelineRow(row)) return row;
  throw new Error(`Not a row of the timeline: ${String(row.message_id)}`);
}

function isTimelineRow(row: Record<string, unknown>): row is Record<string, unknown> & TimelineRow {
  return SPECS.every(({ name, type, nullable }) => {
    const value = row[name];
    if (value === null) return nullable;
    return typeof value === (type === 'timestamp' || type === 'int' ? 'number' : 'string');
  });
}
