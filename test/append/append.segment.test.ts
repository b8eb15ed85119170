import { randomBytes } from 'node:crypto';
import { parquetMetadata } from 'hyparquet';
import { expect, test } from 'vitest';
import { appendSegment, segmentKey } from '../../lakehouse/append/append.ts';
import { columnsMarkdown } from '../../lakehouse/append/columns-markdown.ts';
import { encodeSegment, WINDOW_ROWS } from '../../lakehouse/append/encode.ts';
import { compareRows } from '../../lakehouse/append/order.ts';
import { readRows } from '../../lakehouse/append/read.ts';
import { COLUMNS } from '../../schemas/columns.ts';
import { gzip, openLake, readAll, zstd } from './lake.ts';
import { orders, RECEIVED_AT } from './rows.ts';

test('a key names the hour of the earliest arrival and the packs, in whatever order they come', () => {
  const key = segmentKey(['b', 'a'], RECEIVED_AT + 3_599_999);
  expect(key).toMatch(/^segments\/2026-07-01T12\/[0-9a-f]{32}\.parquet$/);
  expect(segmentKey(['a', 'b'], RECEIVED_AT)).toBe(key);
  expect(segmentKey(['a', 'c'], RECEIVED_AT)).not.toBe(key);
  expect(segmentKey(['a', 'b'], RECEIVED_AT - 1)).toContain('/2026-07-01T11/');
});

test('appending the same packs again changes nothing', async () => {
  const lake = openLake();
  const rows = orders(10, 2);
  const key = await appendSegment(lake, rows, ['p1', 'p2'], zstd);
  const before = await lake.head(key);
  expect(await appendSegment(lake, rows.toReversed(), ['p2', 'p1'], gzip)).toBe(key);
  expect((await lake.head(key))?.etag).toBe(before?.etag);
  expect(await readAll(lake, key)).toEqual(rows.toSorted(compareRows));
});

test('a failing lake fails the append', async () => {
  const lake = { ...openLake(), put: () => Promise.reject(new Error('disk full')) };
  await expect(appendSegment(lake, orders(1, 1), ['p1'], zstd)).rejects.toThrow('disk full');
});

test('reading goes window by window: nothing of a later one is fetched before it is asked for', async () => {
  const lake = openLake();
  const noise = () => randomBytes(120).toString('hex');
  const rows = orders(2 * WINDOW_ROWS + 7, 900).map((order) => ({ ...order, properties: noise() }));
  const bytes = encodeSegment(rows, zstd);
  await lake.put('segment', bytes);
  const ends = groupEnds(bytes);
  const windows = readRows(lake, 'segment');
  const lengths: number[] = [];
  for (const [index, end] of ends.entries()) {
    lake.reads.length = 0;
    const window = await windows.next();
    lengths.push(window.value?.length ?? 0);
    const pages = lake.reads.filter((range) => range.offset + range.length < bytes.length);
    expect(pages.length).toBeGreaterThan(0);
    for (const range of pages) {
      expect(range.offset).toBeGreaterThanOrEqual(ends[index - 1] ?? 0);
      expect(range.offset + range.length).toBeLessThanOrEqual(end);
    }
  }
  expect(lengths).toEqual([WINDOW_ROWS, WINDOW_ROWS, 7]);
  expect((await windows.next()).done).toBe(true);
});

test('a small segment is fetched in one request', async () => {
  const lake = openLake();
  await lake.put('segment', encodeSegment(orders(100, 10), zstd));
  await readAll(lake, 'segment');
  expect(lake.reads).toHaveLength(1);
});

test('a segment that is not there, or is no Parquet file, is an error', async () => {
  const lake = openLake();
  await expect(readAll(lake, 'segments/none')).rejects.toThrow('segments/none is not in the lake');
  await lake.put('broken', encodeSegment(orders(50, 5), zstd).subarray(0, -40));
  await expect(readAll(lake, 'broken')).rejects.toThrow('parquet');
});

test('the footer holds whole bounds of what a reader prunes by, and of nothing else', () => {
  const users = orders(20, 4).map((order) => ({
    ...order,
    user_key: `a long prefix that all share ${order.user_key}`,
  }));
  const [group] = parquetMetadata(encodeSegment(users, zstd)).row_groups;
  const chunk = (name: string) =>
    group?.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === name)?.meta_data;
  expect(chunk('user_key')?.statistics?.min_value).toBe('a long prefix that all share user-0');
  expect(chunk('user_key')?.statistics?.max_value).toBe('a long prefix that all share user-3');
  expect(chunk('message_id')?.statistics).toBeUndefined();
  expect(chunk('properties')?.statistics).toBeUndefined();
});

test('the table of columns has a line for each', () => {
  const lines = columnsMarkdown().trimEnd().split('\n');
  expect(lines).toHaveLength(COLUMNS.length + 2);
  expect(lines[2]).toBe(
    '| 1 | `message_id` | string | no | Identity within the source, as sent; made from pack id and index where none came. |',
  );
  expect(new Set(lines.map((line) => line.split('|').length))).toEqual(new Set([7]));
});

/** Where the pages of each row group end. */
function groupEnds(bytes: Uint8Array): number[] {
  return parquetMetadata(bytes).row_groups.map(({ columns }) =>
    Math.max(
      ...columns.map(({ meta_data }) => {
        if (meta_data === undefined) throw new Error('no chunk');
        const start = meta_data.dictionary_page_offset ?? meta_data.data_page_offset;
        return Number(start + meta_data.total_compressed_size);
      }),
    ),
  );
}
