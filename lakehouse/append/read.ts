/** From an event file, a segment or a table file, back to rows. */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import {
  type AsyncBuffer,
  type Compressors,
  type ParquetParsers,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet';
import type { ObjectStore } from '../../platform/ports.ts';
import { COLUMNS, type EventRow } from '../../schemas/columns.ts';
import { parseRow } from './parse-row.ts';

/** Files smaller than this are read whole, in one request, bytes. */
const WHOLE_BYTES_MAX = 1_048_576;
/** First read from the end of larger ones; a footer that is longer takes a second read. */
export const FOOTER_BYTES = 65_536;

/** The header of a page says its length, and nothing may inflate far beyond it. */
export const DECOMPRESSORS: Compressors = {
  GZIP: (page, length) => gunzipSync(page, { maxOutputLength: inflatedMax(length) }),
  ZSTD: (page, length) => zstdDecompressSync(page, { maxOutputLength: inflatedMax(length) }),
};

/** workerd holds the limit against its buffer, which it enlarges to up to twice of what is needed. */
function inflatedMax(length: number): number {
  return 3 * length + 65_536;
}

// Text that starts with U+FEFF keeps it.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export const PARSERS: Partial<ParquetParsers> = {
  stringFromBytes: (bytes: Uint8Array | undefined) => bytes && decoder.decode(bytes),
  timestampFromMicroseconds: (micros: bigint | undefined) => (micros === undefined ? micros : Number(micros / 1_000n)),
};

/**
 * Row groups in file order, from one on, each fetched when it is asked for. Columns may stand in any order; unknown ones are left
 * out, absent ones are null.
 *
 * @throws when there is no such file, or it is not an event file.
 */
export async function* readRows(lake: ObjectStore, key: string, firstGroup = 0): AsyncGenerator<EventRow[]> {
  const file = await openObject(lake, key);
  const metadata = await parquetMetadataAsync(file, { parsers: PARSERS, initialFetchSize: FOOTER_BYTES });
  const present = new Set(parquetSchema(metadata).children.map((child) => child.element.name));
  const columns = COLUMNS.map((column) => column.name).filter((name) => present.has(name));
  let rowStart = 0;
  for (const [place, group] of metadata.row_groups.entries()) {
    const rowEnd = rowStart + Number(group.num_rows);
    if (place < firstGroup) {
      rowStart = rowEnd;
      continue;
    }
    const records = await parquetReadObjects({
      file,
      metadata,
      columns,
      rowStart,
      rowEnd,
      compressors: DECOMPRESSORS,
      parsers: PARSERS,
    });
    yield records.map(parseRow);
    rowStart = rowEnd;
  }
}

/** @throws Error when there is no such object */
export async function openObject(lake: ObjectStore, key: string): Promise<AsyncBuffer> {
  const object = await lake.head(key);
  if (object === null) throw new Error(`${key} is not in the lake`);
  const file: AsyncBuffer = {
    byteLength: object.size,
    slice: async (start, end = object.size) => {
      const body = await lake.get(key, { range: { offset: start, length: end - start } });
      if (body === null) throw new Error(`${key} is no longer in the lake`);
      return body.arrayBuffer();
    },
  };
  if (object.size >= WHOLE_BYTES_MAX) return file;
  const whole = await file.slice(0, object.size);
  return { byteLength: object.size, slice: (start, end) => whole.slice(start, end) };
}
