import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { encodeSegment } from '../../lakehouse/append/encode.ts';
import { compareRows } from '../../lakehouse/append/order.ts';
import { readRows } from '../../lakehouse/append/read.ts';
import { type SliceOptions, sortInSlices } from '../../lakehouse/compact/slices.ts';
import { writeTableFiles } from '../../lakehouse/compact/write.ts';
import { eventFiles } from '../../lakehouse/sql/columns.ts';
import { allRows, literal, openDuckDB } from '../../lakehouse/sql/duckdb.ts';
import { zstdCompressor } from '../../platform/bun/system.ts';
import { virtualClock } from '../../platform/sim/clock.ts';
import { memoryStore } from '../../platform/sim/object-store.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { event, randomPacks, winnersOf } from './rows.ts';

const scratch_dir = mkdtempSync(join(tmpdir(), 'inlet-slices-'));
afterAll(() => rmSync(scratch_dir, { recursive: true }));

const TRACKS = (rows: readonly EventRow[]) => rows.filter(({ type }) => type === 'track');
const dayOf = ({ timestamp }: EventRow): string => new Date(timestamp).toISOString().slice(0, 10);

/** The rows through slices into files and back, file by file. */
async function written(
  rows: readonly EventRow[],
  options: Pick<SliceOptions, 'count' | 'large'>,
  memory_limit?: string,
) {
  const duckdb = await openDuckDB({ scratch_dir, ...(memory_limit === undefined ? {} : { memory_limit }) });
  try {
    const path = join(duckdb.folder, 'segment.parquet');
    await Bun.write(path, encodeSegment(rows, zstdCompressor));
    const lake = memoryStore(virtualClock(0));
    const sorted = await sortInSlices({ duckdb, rows: eventFiles([path]), signal: undefined, ...options });
    const files = await writeTableFiles({ ...duckdb, lake, signal: undefined }, sorted);
    const contents = new Map<string, EventRow[]>();
    for (const { key, date, type } of files) {
      contents.set(`${date} ${type}`, (await Array.fromAsync(readRows(lake, key))).flat());
    }
    return { contents, files, lake, slices: sorted.partitions.map((partition) => partition.files.length) };
  } finally {
    await duckdb.close();
  }
}

/** What the files must hold. */
function expected(rows: readonly EventRow[]): Map<string, EventRow[]> {
  const sorted = rows.toSorted(compareRows);
  const partitions = [...Map.groupBy(sorted, (row) => `${dayOf(row)} ${row.type}`)];
  return new Map(partitions.sort(([left], [right]) => (left < right ? -1 : 1)));
}

const ROWS = winnersOf(randomPacks(seededRandom(1), 400, 4).flat());
const LARGE = [...new Set(TRACKS(ROWS).map(dayOf))].map((date) => ({ date, type: 'track' }));

test.each([
  { count: 1, large: [] },
  { count: 1, large: LARGE },
  { count: 9, large: LARGE },
  { count: 9, large: [...LARGE, ...LARGE.map(({ date }) => ({ date, type: 'failed' }))] },
])(
  'in $count slices, $large.length large partitions: every file holds its rows, in the order of the table',
  async (options) => {
    const { contents, slices } = await written(ROWS, options);
    expect(new Map([...contents].sort(([left], [right]) => (left < right ? -1 : 1)))).toEqual(expected(ROWS));
    if (options.count > 1) expect(Math.max(...slices)).toBeGreaterThan(5);
  },
);

test('events of one user alone are cut by time', async () => {
  const rows = Array.from({ length: 2_000 }, (_, index) =>
    event({ message_id: `m${index}`, pack_index: index, timestamp: Date.UTC(2026, 2, 28) + index * 1_000 }),
  );
  const { contents, slices } = await written(rows, { count: 8, large: [{ date: '2026-03-28', type: 'track' }] });
  expect(contents).toEqual(expected(rows));
  expect(slices[0]).toBeGreaterThan(5);
});

test('where memory is short, the rows are sorted in more slices', async () => {
  const random = seededRandom(2);
  const rows = Array.from({ length: 20_000 }, (_, index) =>
    event({ message_id: `m${index}`, user_key: `user-${random.below(500)}`, context: random.hex(20).repeat(100) }),
  );
  const { contents, slices } = await written(
    rows,
    { count: 1, large: [{ date: '2026-03-28', type: 'track' }] },
    '64MB',
  );
  expect([...contents.values()].flat()).toHaveLength(rows.length);
  expect(contents).toEqual(expected(rows));
  expect(slices[0]).toBeGreaterThan(1);
});

test('a file of several slices says of its row groups what DuckDB said of them', async () => {
  const rows = Array.from({ length: 12_000 }, (_, index) =>
    event({ message_id: `m${index}`, pack_index: index, user_key: `user-${index % 60}` }),
  );
  const { lake, files } = await written(rows, { count: 9, large: [{ date: '2026-03-28', type: 'track' }] });
  const file = files.find(({ type }) => type === 'track');
  const duckdb = await openDuckDB({ scratch_dir });
  const path = join(duckdb.folder, 'whole.parquet');
  await Bun.write(path, (await (await lake.get(file?.key ?? ''))?.arrayBuffer()) ?? '');
  const ask = (sql: string) => allRows(duckdb.connection, sql);
  const groups = await ask(`
    select row_group_id, min(row_group_num_rows) as rows, any_value(stats_min_value) as low, any_value(stats_max_value) as high
    from parquet_metadata(${literal(path)}) where path_in_schema = 'user_key' group by all order by all`);
  const actual = await ask(`
    with numbered as (
      select user_key, file_row_number as number from read_parquet(${literal(path)}, file_row_number = true)
    ), groups as (
      select row_group_id, min(row_group_num_rows) as rows, sum(min(row_group_num_rows)) over (order by row_group_id) as until
      from parquet_metadata(${literal(path)}) group by row_group_id
    )
    select row_group_id, any_value(rows) as rows, min(user_key) as low, max(user_key) as high
    from groups join numbered on number < until and number >= until - rows group by row_group_id order by all`);
  const probed = await ask(`
    select count(*) filter (bloom_filter_excludes) as excluded, count(*) as groups
    from parquet_bloom_probe(${literal(path)}, 'user_key', 'user-3')`);
  const absent = await ask(`
    select count(*) filter (bloom_filter_excludes) as excluded, count(*) as groups
    from parquet_bloom_probe(${literal(path)}, 'user_key', 'nobody at all')`);
  await duckdb.close();
  expect(groups.length).toBeGreaterThan(3);
  expect(groups).toEqual(actual);
  const [seen, gone] = [probed[0], absent[0]];
  expect(Number(seen?.excluded)).toBeLessThan(Number(seen?.groups));
  expect(gone?.excluded).toBe(gone?.groups);
});
