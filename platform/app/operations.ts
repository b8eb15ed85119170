/** GraphQL operations that callers may name by their hash: the control database holds them, for every process and isolate. */
import type { Clock, Database } from '../ports.ts';

/** Characters of one operation: a statement of D1 takes 100,000 bytes. */
const OPERATION_LENGTH_MAX = 30_000;

export interface KnownOperation {
  readonly sha256: string;
  readonly text: string;
  /** Epoch milliseconds. */
  readonly created_at: number;
}

/** Adding one again changes nothing. @throws Error where one is too long, before any is added */
export async function addOperations(
  { control, clock }: { readonly control: Database; readonly clock: Clock },
  operations: ReadonlyMap<string, string>,
): Promise<void> {
  checkLengths(operations);
  for (const [sha256, text] of operations) {
    await control
      .prepare('insert into operations (sha256, text, created_at) values (?, ?, ?) on conflict do nothing')
      .bind(sha256, text, clock.now())
      .run();
  }
}

/** The same for a database that only SQL text reaches, as D1 from a terminal: a statement an operation. */
export function operationsSql(clock: Clock, operations: ReadonlyMap<string, string>): string[] {
  checkLengths(operations);
  return [...operations].map(([sha256, text]) => {
    const values = [`'${sha256}'`, `'${text.replaceAll("'", "''")}'`, clock.now()].join(', ');
    return `insert into operations (sha256, text, created_at) values (${values}) on conflict do nothing;`;
  });
}

function checkLengths(operations: ReadonlyMap<string, string>): void {
  for (const [sha256, { length }] of operations) {
    if (length <= OPERATION_LENGTH_MAX) continue;
    throw new Error(`Operation ${sha256} has ${length} characters; ${OPERATION_LENGTH_MAX} are the most`);
  }
}

/** By age. */
export async function listOperations(control: Database): Promise<KnownOperation[]> {
  return (await control.prepare('select * from operations order by created_at, sha256').all<KnownOperation>()).results;
}

/** @returns whether there was such a one */
export async function removeOperation(control: Database, sha256: string): Promise<boolean> {
  const { results } = await control
    .prepare('delete from operations where sha256 = ? returning sha256')
    .bind(sha256.toLowerCase())
    .all();
  return results.length > 0;
}
