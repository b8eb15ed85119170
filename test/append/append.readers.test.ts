/** Files of ours, read by programs of others. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { parquetReadObjects } from 'hyparquet';
import { ParquetEnvelopeReader, ParquetReader } from 'parquetjs-lite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeSegment } from '../../lakehouse/append/encode.ts';
import { compareRows } from '../../lakehouse/append/order.ts';
import { COLUMNS, PRODUCT_ELEMENT_ID, PRODUCT_FIELDS } from '../../schemas/columns.ts';
import { gzip, openLake, readAll } from './lake.ts';
import { orders, wellFormed } from './rows.ts';

const ROWS = orders(6_000, 700);
const SEGMENT = encodeSegment(ROWS, gzip);

let folder: string;
let path: string;
let duckdb: DuckDBConnection;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'inlet-append-'));
  path = join(folder, 'segment.parquet');
  writeFileSync(path, SEGMENT);
  duckdb = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
});

afterAll(() => {
  duckdb.closeSync();
  rmSync(folder, { recursive: true });
});

interface Totals {
  count: number;
  ids: number;
  /** Sum of price * quantity, in cents. */
  cents: number;
  first: number;
  last: number;
}

const EXPECTED: Totals = {
  count: ROWS.length,
  ids: new Set(ROWS.map((row) => row.message_id)).size,
  cents: sum(ROWS.flatMap((row) => row.products ?? []).map(revenue)),
  first: Math.min(...ROWS.map((row) => row.timestamp)),
  last: Math.max(...ROWS.map((row) => row.timestamp)),
};

function revenue({ price, quantity }: { price: number | null; quantity: number | null }): number {
  return Math.round((price ?? 0) * 100) * (quantity ?? 0);
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

async function ask(sql: string): Promise<unknown[][]> {
  return (await duckdb.runAndReadAll(sql)).getRowsJson();
}

test('DuckDB finds the same totals', async () => {
  const [totals] = await ask(`
    with events as (from read_parquet('${path}'))
    select count(*)::int, count(distinct message_id)::int,
      (select sum(round(p.price * 100) * p.quantity)::int from (select unnest(products) as p from events)),
      epoch_ms(min(timestamp))::double, epoch_ms(max(timestamp))::double
    from events`);
  expect(totals).toEqual(Object.values(EXPECTED));
});

test('hyparquet finds the same totals', async () => {
  const file = SEGMENT.slice().buffer;
  const { gunzipSync } = await import('node:zlib');
  const rows = await parquetReadObjects({ file, compressors: { GZIP: (page) => gunzipSync(page) } });
  const times = rows.map((row) => Number(row.timestamp));
  expect({
    count: rows.length,
    ids: new Set(rows.map((row) => row.message_id)).size,
    cents: sum(rows.flatMap((row) => row.products ?? []).map(revenue)),
    first: Math.min(...times),
    last: Math.max(...times),
  }).toEqual(EXPECTED);
});

// It is from before RLE_DICTIONARY, UUIDs and footers of version 2: it reads the columns that are written plainly, which
// are those whose values hardly repeat. Products do, so the revenue comes from the text of the properties.
test('parquetjs-lite finds the same totals in the columns that it can read', async () => {
  const envelope = await ParquetEnvelopeReader.openBuffer(Buffer.from(SEGMENT));
  const footer = await envelope.readFooter();
  footer.version = 1;
  const reader = new ParquetReader(footer, envelope);
  const cursor = reader.getCursor([['message_id'], ['timestamp'], ['properties']]);
  const ids = new Set<unknown>();
  const cents: number[] = [];
  const times: number[] = [];
  for (let row = await cursor.next(); row !== null; row = await cursor.next()) {
    ids.add(row.message_id);
    cents.push(revenue(JSON.parse(String(row.properties))));
    times.push(Number(row.timestamp) / 1_000);
  }
  expect({
    count: Number(reader.getRowCount()),
    ids: ids.size,
    cents: sum(cents),
    first: Math.min(...times),
    last: Math.max(...times),
  }).toEqual(EXPECTED);
});

test('DuckDB sees the field id and the type of every column', async () => {
  const types = {
    string: 'VARCHAR',
    json: 'VARCHAR',
    timestamp: 'TIMESTAMP WITH TIME ZONE',
    uuid: 'UUID',
    int: 'INTEGER',
    boolean: 'BOOLEAN',
    products: 'STRUCT(product_id VARCHAR, category VARCHAR, price DOUBLE, quantity INTEGER)[]',
  };
  const described = await ask(`select column_name, column_type from (describe from read_parquet('${path}'))`);
  expect(described).toEqual(COLUMNS.map(({ name, type }) => [name, types[type]]));

  const fields = await ask(`select name, field_id::int from parquet_schema('${path}') where field_id is not null`);
  expect(fields).toEqual(
    COLUMNS.flatMap(({ id, name, type }) =>
      type === 'products'
        ? [[name, id], ['element', PRODUCT_ELEMENT_ID], ...PRODUCT_FIELDS.map((field) => [field.name, field.id])]
        : [[name, id]],
    ),
  );
});

test('the file is in the order that DuckDB sorts by', async () => {
  const inFile = await ask(`select message_id from read_parquet('${path}')`);
  const sorted = await ask(
    `select message_id from read_parquet('${path}') order by user_key, timestamp, source, message_id`,
  );
  expect(inFile).toEqual(sorted);
});

test('a table file that DuckDB made of a segment reads back as the same rows', async () => {
  const copy = join(folder, 'copy.parquet');
  await duckdb.run(`copy (
      select make_timestamp(epoch_us(timestamp))::date as date, * exclude (city, source), source from read_parquet('${path}')
      order by user_key, timestamp, source, message_id
    ) to '${copy}' (format parquet, compression zstd, row_group_size 2048)`);
  const lake = openLake();
  await lake.put('table', readFileSync(copy));
  const rows = await readAll(lake, 'table');
  expect(rows).toStrictEqual(wellFormed(ROWS.toSorted(compareRows)));
});
