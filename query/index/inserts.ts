/** Many rows in few statements, each of which D1 takes. */
import type { Database, SqlValue, Statement } from '../../platform/ports.ts';

/** D1 takes no more in one statement. */
const VALUES_MAX = 100;

/**
 * @param row the values of one row, a `?` for each that is bound
 * @param statement SQL of one statement, made of the rows that go into it
 * @param values row after row
 */
export function inserts(
  database: Database,
  row: string,
  statement: (rows: string) => string,
  values: readonly SqlValue[],
): Statement[] {
  const width = row.split('?').length - 1;
  const rowsMax = Math.floor(VALUES_MAX / width);
  const statements: Statement[] = [];
  let prepared: Statement | undefined;
  for (let start = 0; start < values.length; start += rowsMax * width) {
    const bound = values.slice(start, start + rowsMax * width);
    const whole = bound.length === rowsMax * width;
    if (whole && prepared !== undefined) {
      statements.push(prepared.bind(...bound));
      continue;
    }
    const tuples = Array.from({ length: bound.length / width }, () => row).join();
    const made = database.prepare(statement(tuples));
    if (whole) prepared = made;
    statements.push(made.bind(...bound));
  }
  return statements;
}

/** A row that is there already stays as it is. */
export function into(table: string): (rows: string) => string {
  return (rows) => `insert into ${table} values ${rows} on conflict do nothing`;
}
