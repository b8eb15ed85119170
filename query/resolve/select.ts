import type { Database, SqlValue } from '../../platform/ports.ts';
import { InletError } from '../../schemas/errors.ts';

/** All rows of one statement. @throws InletError index_away */
export async function select<Row>(database: Database, sql: string, ...values: SqlValue[]): Promise<Row[]> {
  try {
    return (
      await database
        .prepare(sql)
        .bind(...values)
        .all<Row>()
    ).results;
  } catch (cause) {
    throw new InletError('index_away', { cause });
  }
}
