/**
 * An operation that takes too long ends, and so does its work: whatever it reads next fails. Where reading never waits, as
 * from SQLite, no timer would fire, so each reading looks at the clock; the timer is for a reading that hangs.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Plugin } from 'graphql-yoga';
import type { Clock, Database, HotIndex, ObjectStore, Statement } from '../../platform/ports.ts';
import { InletError } from '../../schemas/errors.ts';
import { refusal } from './errors.ts';

interface Deadline {
  readonly clock: Pick<Clock, 'now'>;
  /** Epoch milliseconds. */
  readonly until: number;
}

const running = new AsyncLocalStorage<Deadline>();

/** @throws InletError query_timeout, within an operation whose time is over */
function checkTime(): void {
  const deadline = running.getStore();
  if (deadline !== undefined && deadline.clock.now() >= deadline.until) throw new InletError('query_timeout');
}

/** Of queries only: a subscription may take as long as somebody listens. */
export function timeouts(clock: Pick<Clock, 'now'>, timeout_ms: number): Plugin {
  return {
    onExecute({ executeFn, setExecuteFn }) {
      setExecuteFn((args) =>
        running.run({ clock, until: clock.now() + timeout_ms }, () => within(timeout_ms, executeFn(args))),
      );
    },
  };
}

async function within<Result>(timeout_ms: number, work: Result): Promise<Awaited<Result> | { errors: Error[] }> {
  const signal = AbortSignal.timeout(timeout_ms);
  let stop: () => void = () => {};
  const late = new Promise<{ errors: Error[] }>((resolve) => {
    stop = () => resolve({ errors: [refusal('query_timeout')] });
    signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** The same index, on as many databases, whose statements fail once the time of the operation is over. */
export function timedIndex(index: HotIndex): HotIndex {
  return { ...timedDatabase(index), beside: (index.beside ?? []).map(timedDatabase) };
}

/** The same database, whose statements fail once the time of the operation is over. */
export function timedDatabase(database: Database): Database {
  const own = new WeakMap<Statement, Statement>();
  const timed = (statement: Statement): Statement => {
    const wrapped: Statement = {
      bind: (...values) => timed(statement.bind(...values)),
      async all<Row>() {
        checkTime();
        return statement.all<Row>();
      },
      async run() {
        checkTime();
        return statement.run();
      },
    };
    own.set(wrapped, statement);
    return wrapped;
  };
  return {
    prepare: (sql) => timed(database.prepare(sql)),
    async batch(statements) {
      checkTime();
      return database.batch(statements.map((statement) => own.get(statement) ?? statement));
    },
  };
}

/** What reading needs of the lake, which fails once the time of the operation is over. */
export function timedStore(store: ObjectStore): ObjectStore {
  return {
    async head(key) {
      checkTime();
      return store.head(key);
    },
    async get(key, options) {
      checkTime();
      return store.get(key, options);
    },
    async list(options) {
      checkTime();
      return store.list(options);
    },
    put: (key, value, options) => store.put(key, value, options),
    delete: (keys) => store.delete(keys),
  };
}
