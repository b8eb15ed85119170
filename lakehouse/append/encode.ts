/** From rows to the bytes of a Parquet file. */
import type { RowGroup } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import type { Compressor } from '../../platform/ports.ts';
import type { Column, EventRow } from '../../schemas/columns.ts';
import { compareRows } from './order.ts';
import { ChunkWriter } from './parquet/chunk.ts';
import { Window } from './parquet/window.ts';
import { FILE_SCHEMA } from './schema.ts';

/** Rows in a row group: what a reader holds at a time. */
export const WINDOW_ROWS = 5_000;

/** What a reader prunes by. A segment is small and soon compacted: bounds of more columns cost more than they save. */
const BOUNDED: ReadonlySet<string> = new Set<Column['name']>(['user_key', 'timestamp', 'received_at', 'type']);
/** `PAR1` */
const MAGIC = 0x31524150;

/**
 * One file, sorted by `compareRows`. Its columns are built a window at a time, so that beside the rows and the output
 * no more than a window is in memory. The pages are ours (docs/adr/0009-own-parquet-pages.md), the footer is that of
 * hyparquet-writer.
 */
export function encodeSegment(rows: readonly EventRow[], compressor: Compressor): Uint8Array {
  const out = new ByteWriter();
  const chunks = new ChunkWriter(out, compressor);
  const window = new Window();
  const sorted = rows.toSorted(compareRows);
  const row_groups: RowGroup[] = [];
  out.appendUint32(MAGIC);
  for (let start = 0; start < sorted.length; start += WINDOW_ROWS) {
    const begin = out.offset;
    window.fill(sorted.slice(start, start + WINDOW_ROWS));
    const columns = window.leaves.map((leaf) => chunks.write(leaf, window.row_count, BOUNDED.has(leaf.path.join('.'))));
    row_groups.push({
      columns,
      num_rows: BigInt(window.row_count),
      total_byte_size: columns.reduce((sum, { meta_data }) => sum + (meta_data?.total_uncompressed_size ?? 0n), 0n),
      total_compressed_size: BigInt(out.offset - begin),
    });
  }
  writeMetadata(
    out,
    {
      version: 2,
      created_by: 'inlet',
      schema: FILE_SCHEMA,
      num_rows: BigInt(rows.length),
      row_groups,
      metadata_length: 0,
    },
    Number.POSITIVE_INFINITY,
  );
  out.appendUint32(MAGIC);
  return out.getBytes();
}
