/** Parquet files of one schema as one: their row groups stay as they are, only the footer is new. */
import { type ColumnChunk, type FileMetaData, type ParquetParsers, parquetMetadata, type RowGroup } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';

/** `PAR1`, at both ends of a file. */
const MAGIC_BYTES = 4;
/** The length of the footer, and the magic. */
const END_BYTES = 4 + MAGIC_BYTES;

/** Bounds stay the numbers and bytes that they are in the files. */
const PARSERS: Partial<ParquetParsers> = {
  timestampFromMicroseconds: (micros: bigint | undefined) => micros,
  uuidFromBytes: (bytes: Uint8Array | undefined) => bytes,
};

/**
 * @param sizes of the files, bytes
 * @param read gives the file at that place; one at a time is held
 * @throws Error where the files are not of one schema
 */
export async function concatenate(
  sizes: readonly number[],
  read: (place: number) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const out = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  let end = 0;
  let first: FileMetaData | undefined;
  const row_groups: RowGroup[] = [];
  for (const place of sizes.keys()) {
    const bytes = await read(place);
    const metadata = parquetMetadata(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength), {
      parsers: PARSERS,
    });
    first ??= metadata;
    if (JSON.stringify(metadata.schema) !== JSON.stringify(first.schema)) throw new Error('The files differ in schema');
    const start = end === 0 ? 0 : MAGIC_BYTES;
    const body = bytes.subarray(start, bytes.byteLength - END_BYTES - metadata.metadata_length);
    const by = BigInt(end - start);
    row_groups.push(...metadata.row_groups.map((group) => movedGroup(group, by)));
    out.set(body, end);
    end += body.byteLength;
  }
  if (first === undefined) throw new Error('No file to concatenate');
  const footer = new ByteWriter();
  const num_rows = row_groups.reduce((sum, group) => sum + group.num_rows, 0n);
  writeMetadata(footer, { ...first, num_rows, row_groups }, Number.POSITIVE_INFINITY);
  footer.appendBytes(out.subarray(0, MAGIC_BYTES));
  const tail = footer.getBytes();
  const whole = end + tail.byteLength <= out.byteLength ? out : grown(out, end + tail.byteLength);
  whole.set(tail, end);
  return whole.subarray(0, end + tail.byteLength);
}

function grown(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(size);
  larger.set(bytes);
  return larger;
}

function movedGroup(group: RowGroup, by: bigint): RowGroup {
  const { file_offset, columns } = group;
  return {
    ...group,
    columns: columns.map((chunk) => movedChunk(chunk, by)),
    ...(file_offset === undefined ? {} : { file_offset: file_offset + by }),
  };
}

/** Page indexes would have to move too: DuckDB writes none. */
function movedChunk(chunk: ColumnChunk, by: bigint): ColumnChunk {
  const { meta_data } = chunk;
  if (meta_data === undefined || chunk.column_index_offset !== undefined || chunk.offset_index_offset !== undefined) {
    throw new Error('A column chunk of a kind that is not known here');
  }
  const { data_page_offset, dictionary_page_offset, index_page_offset, bloom_filter_offset } = meta_data;
  return {
    ...chunk,
    meta_data: {
      ...meta_data,
      data_page_offset: data_page_offset + by,
      ...(dictionary_page_offset === undefined ? {} : { dictionary_page_offset: dictionary_page_offset + by }),
      ...(index_page_offset === undefined ? {} : { index_page_offset: index_page_offset + by }),
      ...(bloom_filter_offset === undefined ? {} : { bloom_filter_offset: bloom_filter_offset + by }),
    },
  };
}
