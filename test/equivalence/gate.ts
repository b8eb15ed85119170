/** Ports with something in between: a fault, a death, or another actor between two steps. */
import type { Database, ObjectStore, SqlValue, Statement } from '../../platform/ports.ts';

/**
 * Stands before every call of a port. `call` says which: `put segments/…`, `list reindex/`, `batch`, `all`. Without
 * `run` nothing happens; what the gate throws or returns, the caller gets.
 */
export type Gate = <Result>(call: string, run: () => Promise<Result>) => Promise<Result>;

export const OPEN: Gate = (_call, run) => run();

export function gatedStore(store: ObjectStore, gate: Gate): ObjectStore {
  return {
    head: (key) => gate(`head ${key}`, () => store.head(key)),
    get: (key, options) => gate(`get ${key}`, () => store.get(key, options)),
    put: (key, value, options) => gate(`put ${key}`, () => store.put(key, value, options)),
    delete: (keys) => gate(`delete ${keys}`, () => store.delete(keys)),
    list: (options) => gate(`list ${options?.prefix ?? ''}`, () => store.list(options)),
  };
}

export function gatedDatabase(database: Database, gate: Gate): Database {
  return {
    prepare: (sql) => new GatedStatement(database.prepare(sql), gate),
    batch: (statements) => gate('batch', () => database.batch(statements.map(innerOf))),
  };
}

class GatedStatement implements Statement {
  constructor(
    readonly inner: Statement,
    private readonly gate: Gate,
  ) {}

  bind(...values: SqlValue[]): Statement {
    return new GatedStatement(this.inner.bind(...values), this.gate);
  }

  all<Row = Record<string, unknown>>(): Promise<{ results: Row[] }> {
    return this.gate('all', () => this.inner.all<Row>());
  }

  run(): Promise<unknown> {
    return this.gate('run', () => this.inner.run());
  }
}

function innerOf(statement: Statement): Statement {
  if (statement instanceof GatedStatement) return statement.inner;
  throw new TypeError('batch takes statements of its own database only');
}
