import { Database as Sqlite } from 'bun:sqlite';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database, SqlValue, Statement } from '../ports.ts';

/** D1 takes no more in one statement. */
const VALUES_MAX = 100;
const BUSY_TIMEOUT_MS = 5_000;
const STATEMENTS_KEPT = 100;
/** 64 MB of log before it is copied back: a page that many commits touch is then copied once. */
const CHECKPOINT_PAGES = 16_384;
const CACHE_KIB = 65_536;

const LITERALS_AND_COMMENTS = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\//g;

export interface SqliteOptions {
  readonly readonly?: boolean;
  /** `full` (the default): a commit survives power loss. `normal`: it survives a crash of the process. */
  readonly synchronous?: 'full' | 'normal';
}

export interface SqliteDatabase extends Database {
  /** Runs a script of any number of statements as one transaction. */
  execute(script: string): void;
  close(): void;
}

/**
 * SQLite with the meaning of D1: one statement a `prepare`, at most 100 values, errors when it runs.
 *
 * @param path a file, created with its folder when it is not there, or `:memory:`.
 * @throws when the file cannot be opened. Errors of statements keep SQLite's text.
 */
export function sqliteDatabase(path: string, options: SqliteOptions = {}): SqliteDatabase {
  const sqlite = options.readonly === true ? new Sqlite(path, { readonly: true }) : create(path);
  Sqlite.MAX_QUERY_CACHE_SIZE = STATEMENTS_KEPT;
  sqlite.run(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`);
  sqlite.run('pragma foreign_keys = on');
  if (options.readonly !== true) {
    sqlite.run('pragma journal_mode = wal');
    sqlite.run(`pragma synchronous = ${options.synchronous ?? 'full'}`);
    sqlite.run(`pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    sqlite.run(`pragma cache_size = -${CACHE_KIB}`);
  }

  // Immediate: a transaction that begins as a reader cannot wait for another writer.
  const transaction = (work: () => void): void => sqlite.transaction(work).immediate();

  return {
    prepare: (sql) => new SqliteStatement(sqlite, sql, []),
    async batch(statements) {
      const own = statements.map((statement) => {
        if (statement instanceof SqliteStatement && statement.sqlite === sqlite) return statement;
        throw new TypeError('batch takes statements of its own database only');
      });
      transaction(() => {
        for (const statement of own) statement.execute();
      });
    },
    execute(script) {
      transaction(() => {
        sqlite.run(script);
      });
    },
    close: () => sqlite.close(),
  };
}

function create(path: string): Sqlite {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  return new Sqlite(path, { create: true });
}

class SqliteStatement implements Statement {
  constructor(
    readonly sqlite: Sqlite,
    private readonly sql: string,
    private readonly values: readonly SqlValue[],
  ) {}

  bind(...values: SqlValue[]): SqliteStatement {
    for (const value of values) checkValue(value);
    return new SqliteStatement(this.sqlite, this.sql, values);
  }

  async all<Row = Record<string, unknown>>(): Promise<{ results: Row[] }> {
    this.check();
    return { results: this.sqlite.query<Row, SqlValue[]>(this.sql).all(...this.values) };
  }

  async run(): Promise<void> {
    this.execute();
  }

  execute(): void {
    this.check();
    this.sqlite.query<unknown, SqlValue[]>(this.sql).run(...this.values);
  }

  private check(): void {
    if (this.values.length > VALUES_MAX) {
      throw new RangeError(`too many SQL variables: ${this.values.length}, at most ${VALUES_MAX}`);
    }
    checkSingle(this.sql);
  }
}

/** Texts that were found to be one statement. */
const singles = new Set<string>();

/** SQLite's prepare takes the first statement and leaves the others out without a word. */
function checkSingle(sql: string): void {
  if (singles.has(sql)) return;
  if (/;\s*\S/.test(sql.replace(LITERALS_AND_COMMENTS, ''))) {
    throw new SyntaxError(`a prepared statement is one statement: ${sql.slice(0, 80)}`);
  }
  if (singles.size >= STATEMENTS_KEPT) singles.clear();
  singles.add(sql);
}

function checkValue(value: unknown): void {
  if (value === null || typeof value === 'string') return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  throw new TypeError(`a bound value is a string, a finite number or null, not ${String(value)} (${typeof value})`);
}
