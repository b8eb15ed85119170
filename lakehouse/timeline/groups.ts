/** The row groups of a timeline file: what a reader needs to know of its footer. */
import { type FileMetaData, parquetMetadata, type RowGroup } from 'hyparquet';
import type { TimelineGroup, TimelineGroups } from '../../schemas/timeline.ts';

/** What the rows of a group say: the place of the first in the order of a file, and which events there are. */
export type GroupContent = Pick<TimelineGroup, 'bucket' | 'user_key' | 'timestamp' | 'types'>;

/** @throws Error where the columns of a row group do not lie one behind the other */
export function groupsOf(file: Uint8Array<ArrayBuffer>, contents: readonly GroupContent[]): TimelineGroups {
  const metadata = footerOf(file);
  const codecs = new Set(
    metadata.row_groups.flatMap(({ columns }) => columns.map(({ meta_data }) => meta_data?.codec)),
  );
  const [codec, ...others] = codecs;
  if (codec === undefined || others.length > 0) throw new Error('A timeline file is compressed in one way');
  if (contents.length !== metadata.row_groups.length) {
    throw new Error(`A timeline file of ${metadata.row_groups.length} row groups is said to have ${contents.length}`);
  }
  const groups = metadata.row_groups.map((group, place): TimelineGroup => {
    const content = contents[place];
    if (content === undefined) throw new Error('A row group has no first row');
    return { rows: Number(group.num_rows), ...content, ...extentOf(group) };
  });
  return { schema: metadata.schema, codec, groups };
}

export interface GroupExtent {
  /** Place of its first row in the file, from 0 on. */
  readonly start: number;
  readonly rows: number;
  /** When it is not compressed. */
  readonly bytes: number;
}

/** Of all row groups, in file order. */
export function groupExtents(file: Uint8Array<ArrayBuffer>): GroupExtent[] {
  let end = 0;
  return footerOf(file).row_groups.map(({ num_rows, columns }) => {
    const rows = Number(num_rows);
    end += rows;
    const bytes = columns.reduce((sum, { meta_data }) => sum + Number(meta_data?.total_uncompressed_size ?? 0), 0);
    return { start: end - rows, rows, bytes };
  });
}

function footerOf(file: Uint8Array<ArrayBuffer>): FileMetaData {
  return parquetMetadata(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength));
}

function extentOf({ columns }: RowGroup): Pick<TimelineGroup, 'offset' | 'lengths'> {
  let start: number | null = null;
  let end = 0;
  const lengths = columns.map(({ meta_data }) => {
    if (meta_data === undefined) throw new Error('A column chunk without metadata');
    const begin = Number(meta_data.dictionary_page_offset ?? meta_data.data_page_offset);
    if (start !== null && begin !== end) throw new Error('The columns of a row group do not lie one behind the other');
    start ??= begin;
    end = begin + Number(meta_data.total_compressed_size);
    return end - begin;
  });
  return { offset: start ?? 0, lengths };
}
