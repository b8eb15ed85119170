/** SQL that users bring: one statement, and it can only read. */
import { type DuckDBConnection, StatementType } from '@duckdb/node-api';
import { allRows, asNumber, asText, literal } from './duckdb.ts';
import type { Session } from './session.ts';

/** A value as JSON has it. Whole numbers inside lists and structs, and beyond 2^53, are text. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };
export type JsonRow = readonly JsonValue[];

export interface QueryResult {
  /** Each with a name of its own. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly row_count: number;
  /** In the order of the columns, some thousand rows at a time; to be read once, before the next query. */
  readonly batches: AsyncIterable<readonly JsonRow[]>;
}

/** The temporary table that holds the last answer, whole. */
export const RESULT_TABLE = 'inlet_result';

/** The statement is not one that a session takes. */
export class StatementError extends Error {
  override readonly name = 'StatementError';
}

/**
 * The whole answer is there when this resolves, on disk where it does not fit into memory.
 *
 * @throws StatementError, or an Error with DuckDB's own words
 */
export async function query(session: Session, sql: string, signal?: AbortSignal): Promise<QueryResult> {
  const { connection } = session;
  const interrupt = (): void => connection.interrupt();
  signal?.throwIfAborted();
  signal?.addEventListener('abort', interrupt);
  try {
    await checkStatement(session, sql);
    // `query` takes a single SELECT, and it is what lets any text stand inside of another statement.
    const made = await connection.runAndReadAll(
      `create or replace temp table ${RESULT_TABLE} as from query(${literal(sql)})`,
    );
    const row_count = asNumber(made.getRowObjectsJS()[0]?.Count);
    const shape = await connection.runAndReadAll(`from ${RESULT_TABLE} limit 0`);
    const columns = shape.columnNames().map((name, index) => ({ name, type: shape.columnType(index).toString() }));
    return { columns, row_count, batches: readResult(session, columns, row_count) };
  } finally {
    signal?.removeEventListener('abort', interrupt);
  }
}

/** Not EXPLAIN either: with ANALYZE it runs what it explains, a COPY over a file of the lake included. */
async function checkStatement({ connection }: Session, sql: string): Promise<void> {
  const statements = await connection.extractStatements(sql);
  if (statements.count !== 1) throw new StatementError(`Send one statement at a time, not ${statements.count}.`);
  let isSelect: boolean;
  try {
    const statement = await statements.prepare(0);
    isSelect = statement.statementType === StatementType.SELECT;
    statement.destroySync();
  } catch (error) {
    // What cannot be bound, such as a DELETE from a view, is told what is wrong with it first.
    if (!(await isParsedAsOther(connection, sql))) throw error;
    isSelect = false;
  }
  if (!isSelect) throw new StatementError('Only SELECT statements are taken: the lake is read here, never changed.');
}

/** Whether a statement is none of those that read, going by its words alone. */
async function isParsedAsOther(connection: DuckDBConnection, sql: string): Promise<boolean> {
  const [row] = await allRows(connection, `select json_serialize_sql(${literal(sql)})::VARCHAR as parsed`);
  return /"error_message":"Only SELECT statements/.test(asText(row?.parsed));
}

async function* readResult(
  { connection }: Session,
  columns: QueryResult['columns'],
  rowCount: number,
): AsyncGenerator<readonly JsonRow[]> {
  const isWhole = columns.map(({ type }) => type === 'BIGINT' || type === 'HUGEINT');
  const stream = await connection.stream(`from ${RESULT_TABLE}`);
  let read = 0;
  for await (const rows of stream.yieldRowsJson()) {
    read += rows.length;
    yield rows.map((row) => row.map((value, index) => (isWhole[index] ? whole(value) : value)));
  }
  // A stream that fails ends as if it were complete.
  if (read !== rowCount) throw new Error(`Reading the result stopped after ${read} of ${rowCount} rows`);
}

/** DuckDB gives counts and sums as text. */
function whole(value: JsonValue): JsonValue {
  const number = typeof value === 'string' ? Number(value) : Number.NaN;
  return Number.isSafeInteger(number) ? number : value;
}
