/** SQL that users bring: one statement, and it can only read. */
import { type DuckDBPreparedStatement, StatementType } from '@duckdb/node-api';
import type { Session } from './session.ts';

/** A value as JSON has it. Whole numbers inside lists and structs, and beyond 2^53, are text. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** In the order of the columns. Bounded by the memory of the session, which fails a larger result. */
  readonly rows: readonly (readonly JsonValue[])[];
}

/** The statement is not one that a session takes. */
export class StatementError extends Error {
  override readonly name = 'StatementError';
}

/** @throws StatementError, or an Error with DuckDB's own words */
export async function query(session: Session, sql: string, signal?: AbortSignal): Promise<QueryResult> {
  const statement = await onlySelect(session, sql);
  const interrupt = (): void => session.connection.interrupt();
  signal?.throwIfAborted();
  signal?.addEventListener('abort', interrupt);
  try {
    const reader = await statement.runAndReadAll();
    const columns = reader
      .deduplicatedColumnNames()
      .map((name, index) => ({ name, type: reader.columnType(index).toString() }));
    const isWhole = columns.map(({ type }) => type === 'BIGINT' || type === 'HUGEINT');
    const rows = reader.getRowsJson().map((row) => row.map((value, index) => (isWhole[index] ? whole(value) : value)));
    return { columns, rows };
  } finally {
    signal?.removeEventListener('abort', interrupt);
    statement.destroySync();
  }
}

/** Not EXPLAIN either: with ANALYZE it runs what it explains, a COPY over a file of the lake included. */
async function onlySelect({ connection }: Session, sql: string): Promise<DuckDBPreparedStatement> {
  const statements = await connection.extractStatements(sql);
  if (statements.count !== 1) throw new StatementError(`Send one statement at a time, not ${statements.count}.`);
  const statement = await statements.prepare(0);
  if (statement.statementType === StatementType.SELECT) return statement;
  statement.destroySync();
  throw new StatementError('Only SELECT statements are taken: the lake is read here, never changed.');
}

/** DuckDB gives counts and sums as text. */
function whole(value: JsonValue): JsonValue {
  const number = typeof value === 'string' ? Number(value) : Number.NaN;
  return Number.isSafeInteger(number) ? number : value;
}
