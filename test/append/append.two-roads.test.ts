/** The pages of a segment are ours: the same rows, written by hyparquet-writer, must read the same everywhere. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { afterAll, expect, test } from 'vitest';
import { encodeSegment, WINDOW_ROWS } from '../../lakehouse/append/encode.ts';
import { compareRows } from '../../lakehouse/append/order.ts';
import { FILE_SCHEMA } from '../../lakehouse/append/schema.ts';
import { COLUMNS, type Column, type EventRow } from '../../schemas/columns.ts';
import { packId } from '../../schemas/pack.ts';
import { openLake, readAll, zstd } from './lake.ts';
import { row } from './rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'inlet-two-roads-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Numbers that look random, the same every time. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/**
 * Each column behaves in a way of its own: how often it is null, how many values it has, how long they last. So all that
 * an encoder decides comes out both ways.
 */
function rowsOf(count: number, seed: number): EventRow[] {
  const next = generator(seed);
  const ways = new Map(
    COLUMNS.map(({ name }) => [
      name,
      { nulls: next(4), values: [1, 2, 9, 300, count * 2][next(5)] ?? 1, lasts: 1 + next(20) },
    ]),
  );
  const held = new Map<string, unknown>();
  const draw = ({ name, type }: Column): unknown => {
    const number = next(ways.get(name)?.values ?? 1);
    if (type === 'timestamp') return (number - 100) * 86_400_000 * 0.5;
    if (type === 'uuid') return packId('0123456789abcde', number);
    if (type === 'int') return number % 2 === 0 ? number : -number * 65_537;
    if (type === 'boolean') return number % 2 === 0;
    if (type !== 'products') return ['', 'é', '🎉', '–', 'a'][number % 5] + String(number).repeat(number % 30);
    return Array.from({ length: next(4) }, (_, index) => ({
      product_id: next(3) === 0 ? null : `p${next(50)}`,
      category: next(2) === 0 ? null : 'shoes',
      price: next(3) === 0 ? null : next(10_000) / 100,
      quantity: index === 2 ? null : next(9) - 4,
    }));
  };
  return Array.from({ length: count }, () => {
    for (const column of COLUMNS) {
      const { nulls, lasts } = ways.get(column.name) ?? { nulls: 0, lasts: 1 };
      if (held.has(column.name) && next(lasts) > 0) continue;
      held.set(column.name, column.nullable && next(4) < nulls ? null : draw(column));
    }
    return row(Object.fromEntries(held));
  });
}

function encodeByLibrary(rows: readonly EventRow[]): Uint8Array {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: FILE_SCHEMA,
    codec: 'ZSTD',
    statisticsTruncateLength: Number.POSITIVE_INFINITY,
    compressors: { ZSTD: (page: Uint8Array) => zstd.compress(page) },
  });
  const sorted = rows.toSorted(compareRows);
  const columnData = COLUMNS.map((column) => ({ name: column.name, data: sorted.map((one) => valueFor(column, one)) }));
  writer.write({ columnData, rowGroupSize: WINDOW_ROWS });
  writer.finish();
  return bytes.getBytes();
}

function valueFor({ name, type }: Column, one: EventRow): unknown {
  const value = one[name];
  if (type === 'timestamp') return typeof value === 'number' ? BigInt(value) * 1_000n : null;
  return type === 'uuid' ? Buffer.from(String(value).replaceAll('-', ''), 'hex') : value;
}

test.each([1, 7, 8, 9, 300, WINDOW_ROWS + 1])('%i rows read the same to DuckDB and to hyparquet', async (count) => {
  for (const seed of [1, 2, 3]) {
    const rows = rowsOf(count, seed * 7_919 + count);
    const [ours, theirs] = [encodeSegment(rows, zstd), encodeByLibrary(rows)];
    const lake = openLake();
    await lake.put('ours', ours);
    await lake.put('theirs', theirs);
    expect(await readAll(lake, 'ours')).toEqual(await readAll(lake, 'theirs'));

    const paths = [ours, theirs].map((bytes, index) => {
      const path = join(folder, `${count}-${seed}-${index}.parquet`);
      writeFileSync(path, bytes);
      return path;
    });
    const duckdb = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
    const numbered = paths.map(
      (path) => `(select *, file_row_number from read_parquet('${path}', file_row_number = true))`,
    );
    const differing = await duckdb.runAndReadAll(
      `select count(*)::int from ((${numbered[0]} except all ${numbered[1]}) union all (${numbered[1]} except all ${numbered[0]}))`,
    );
    expect(differing.getRowsJson()).toEqual([[0]]);
    const bounds = await duckdb.runAndReadAll(
      `select path_in_schema, row_group_id, stats_min_value, stats_max_value, stats_null_count::int from parquet_metadata('${paths[0]}')
       where path_in_schema in ('user_key', 'timestamp', 'received_at', 'type') except
       select path_in_schema, row_group_id, stats_min_value, stats_max_value, stats_null_count::int from parquet_metadata('${paths[1]}')`,
    );
    expect(bounds.getRowsJson()).toEqual([]);
    duckdb.closeSync();
  }
});
