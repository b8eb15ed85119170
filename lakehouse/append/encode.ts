/** From rows to the bytes of a Parquet file. */
import { Buffer } from 'node:buffer';
import type { CompressionCodec } from 'hyparquet';
import { ByteWriter, type ColumnSource, ParquetWriter } from 'hyparquet-writer';
import type { Compressor } from '../../platform/ports.ts';
import { COLUMNS, type Column, type EventRow } from '../../schemas/columns.ts';
import { compareRows } from './order.ts';
import { FILE_SCHEMA } from './schema.ts';

/** Rows in a row group: what a reader holds at a time. */
export const WINDOW_ROWS = 5_000;

const CODECS = { gzip: 'GZIP', zstd: 'ZSTD' } as const satisfies Record<Compressor['name'], CompressionCodec>;

/**
 * One file, sorted by `compareRows`. Its columns are built a window at a time, so that beside the rows and the output
 * no more than a window is in memory.
 */
export function encodeSegment(rows: readonly EventRow[], compressor: Compressor): Uint8Array {
  const codec = CODECS[compressor.name];
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: FILE_SCHEMA,
    codec,
    compressors: { [codec]: (page: Uint8Array) => compressor.compress(page) },
    // Whole bounds: a user is looked up by its whole key, and ids of one app share their first 16 bytes.
    statisticsTruncateLength: Number.POSITIVE_INFINITY,
  });
  const sorted = rows.toSorted(compareRows);
  for (let start = 0; start < sorted.length; start += WINDOW_ROWS) {
    const window = sorted.slice(start, start + WINDOW_ROWS);
    writer.write({ columnData: COLUMNS.map((column) => columnSource(column, window)), rowGroupSize: WINDOW_ROWS });
  }
  writer.finish();
  return bytes.getBytes();
}

/** What a reader prunes by. A segment is small and soon compacted: bounds of more columns cost more than they save. */
const BOUNDED: ReadonlySet<string> = new Set<Column['name']>(['user_key', 'timestamp', 'received_at', 'type']);

function columnSource(column: Column, rows: readonly EventRow[]): ColumnSource {
  return { name: column.name, data: columnData(column, rows), statistics: BOUNDED.has(column.name) };
}

function columnData({ name, type }: Column, rows: readonly EventRow[]): unknown[] {
  if (type === 'timestamp') return rows.map((row) => microseconds(row[name]));
  if (type !== 'uuid') return rows.map((row) => row[name]);
  const known = new Map<string, Uint8Array>();
  return rows.map((row) => {
    const bytes = known.get(row[name]) ?? Buffer.from(row[name].replaceAll('-', ''), 'hex');
    known.set(row[name], bytes);
    return bytes;
  });
}

function microseconds(milliseconds: number | null): bigint | null {
  return milliseconds === null ? null : BigInt(milliseconds) * 1_000n;
}
