/** Rows as an Arrow IPC stream: one batch for each of DuckDB's chunks, and an error where the result ends early. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DuckDBTypeId } from '@duckdb/node-api';
import {
  Bool,
  type Data,
  DateDay,
  Field,
  Float64,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampMicrosecond,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { allRows, asNumber } from '../../lakehouse/sql/duckdb.ts';
import type { Session } from '../../lakehouse/sql/session.ts';

type Cell = string | number | bigint | boolean | null;

/** How one column travels: what DuckDB gives for it, and what Arrow makes of that. */
interface Kind {
  /** @param name quoted */
  readonly sql: (name: string) => string;
  readonly type: Bool | DateDay | Float64 | Int32 | Int64 | TimestampMicrosecond | Utf8;
  readonly data: (cells: readonly Cell[]) => Data;
}

const TEXT: Kind = { sql: (name) => `${name}::VARCHAR`, type: new Utf8(), data: (cells) => dataOf(cells, new Utf8()) };
const NESTED: Kind = { ...TEXT, sql: (name) => `to_json(${name})::VARCHAR` };
const INTEGER: Kind = {
  sql: (name) => `${name}::INTEGER`,
  type: new Int32(),
  data: (cells) => makeData({ type: new Int32(), data: Int32Array.from(cells, Number), ...nulls(cells) }),
};
const LONG: Kind = {
  sql: (name) => name,
  type: new Int64(),
  data: (cells) => makeData({ type: new Int64(), data: longs(cells), ...nulls(cells) }),
};
const NUMBER: Kind = {
  sql: (name) => `${name}::DOUBLE`,
  type: new Float64(),
  data: (cells) => makeData({ type: new Float64(), data: Float64Array.from(cells, Number), ...nulls(cells) }),
};
const SWITCH: Kind = { sql: (name) => name, type: new Bool(), data: (cells) => dataOf(cells, new Bool()) };
const DAY: Kind = {
  sql: (name) => `(${name} - DATE '1970-01-01')::INTEGER`,
  type: new DateDay(),
  data: (cells) => makeData({ type: new DateDay(), data: Int32Array.from(cells, Number), ...nulls(cells) }),
};
const TIME: Kind = {
  sql: (name) => `epoch_us(${name})`,
  type: new TimestampMicrosecond('UTC'),
  data: (cells) => makeData({ type: new TimestampMicrosecond('UTC'), data: longs(cells), ...nulls(cells) }),
};

const KINDS: Partial<Record<DuckDBTypeId, Kind>> = {
  [DuckDBTypeId.BOOLEAN]: SWITCH,
  [DuckDBTypeId.TINYINT]: INTEGER,
  [DuckDBTypeId.SMALLINT]: INTEGER,
  [DuckDBTypeId.INTEGER]: INTEGER,
  [DuckDBTypeId.BIGINT]: LONG,
  [DuckDBTypeId.FLOAT]: NUMBER,
  [DuckDBTypeId.DOUBLE]: NUMBER,
  [DuckDBTypeId.DATE]: DAY,
  [DuckDBTypeId.TIMESTAMP_TZ]: TIME,
  [DuckDBTypeId.LIST]: NESTED,
  [DuckDBTypeId.STRUCT]: NESTED,
  [DuckDBTypeId.MAP]: NESTED,
  [DuckDBTypeId.ARRAY]: NESTED,
};

/**
 * Other types go as text, lists and structs as JSON text.
 *
 * @param table of the session, with columns that have names of their own
 */
export function arrowStream(session: Session, table: string): NodeJS.ReadableStream {
  const encoder = RecordBatchStreamWriter.throughNode();
  pipeline(Readable.from(batchesOf(session, table)), encoder).catch(() => {
    // Whoever reads the encoder gets the error from it.
  });
  return encoder;
}

async function* batchesOf({ connection }: Session, table: string): AsyncGenerator<RecordBatch> {
  const shape = await connection.runAndReadAll(`from ${table} limit 0`);
  const kinds = shape.columnNames().map((name, index) => ({ name, kind: KINDS[shape.columnTypeId(index)] ?? TEXT }));
  const schema = new Schema(kinds.map(({ name, kind }) => new Field(name, kind.type, true)));
  const batch = (rows: readonly unknown[][]): RecordBatch => {
    const children = kinds.map(({ kind }, index) => kind.data(rows.map((row) => cellOf(row[index]))));
    return new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length: rows.length, children }));
  };
  const [counted] = await allRows(connection, `select count(*) as rows from ${table}`);
  const list = kinds.map(({ name, kind }) => `${kind.sql(quoted(name))} as ${quoted(name)}`).join(', ');
  // The columns are told even where there is no row.
  yield batch([]);
  const stream = await connection.stream(`select ${list} from ${table}`);
  let read = 0;
  for await (const rows of stream.yieldRowsJs()) {
    read += rows.length;
    yield batch(rows);
  }
  // A stream that fails ends as if it were complete.
  if (read !== asNumber(counted?.rows)) throw new Error(`Reading the result stopped after ${read} rows`);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function cellOf(value: unknown): Cell {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return value;
  throw new TypeError(`DuckDB gave a ${typeof value} where a plain value is due`);
}

function longs(cells: readonly Cell[]): BigInt64Array {
  return BigInt64Array.from(cells, (cell) => BigInt(cell ?? 0));
}

function nulls(cells: readonly Cell[]): { length: number; nullCount: number; nullBitmap: Uint8Array } {
  const nullBitmap = new Uint8Array(Math.ceil(cells.length / 8));
  let nullCount = 0;
  cells.forEach((cell, index) => {
    if (cell === null) nullCount += 1;
    else nullBitmap[index >> 3] = (nullBitmap[index >> 3] ?? 0) | (1 << (index & 7));
  });
  return { length: cells.length, nullCount, nullBitmap };
}

function dataOf(cells: readonly Cell[], type: Utf8 | Bool): Data {
  const [data] = vectorFromArray(cells, type).data;
  return data ?? makeData({ type: new Utf8() });
}
