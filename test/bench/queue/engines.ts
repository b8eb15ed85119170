/** The two ways to keep messages that the bench compares, behind one shape. */
import { Database } from 'bun:sqlite';
import { join } from 'node:path';
import { EmbeddedQueue } from '../../../platform/bun/queue/queue.ts';

export interface Engine {
  /** Resolves when the bodies are durable. */
  send(bodies: readonly Uint8Array[]): Promise<void>;
  /** Durable writes so far. */
  flushes(): number;
  /** Closes, opens again and counts: what was acknowledged must be there. */
  reopenAndCount(): Promise<number>;
}

export const ENGINES = { journals: openJournals, sqlite: openSqlite } as const;
export type EngineName = keyof typeof ENGINES;

async function openJournals(folder: string): Promise<Engine> {
  const open = (): Promise<EmbeddedQueue> =>
    EmbeddedQueue.open(folder, {
      clock: { now: () => Date.now(), sleep: (milliseconds) => Bun.sleep(milliseconds) },
      queue_bytes_max: 2 ** 40,
      disk_free_bytes_min: 0,
      report: (problem) => console.error(problem),
    });
  const queue = await open();
  return {
    send: (bodies) => queue.sendBatch(bodies.map((body) => ({ body, contentType: 'bytes' }))),
    flushes: () => queue.stats().flushes,
    async reopenAndCount() {
      await queue.close();
      const again = await open();
      const { backlogCount } = await again.metrics();
      await again.close();
      return backlogCount;
    },
  };
}

/** One row a message, one transaction for all that wait: the same group commit, by SQLite. */
async function openSqlite(folder: string): Promise<Engine> {
  const database = new Database(join(folder, 'queue.sqlite'), { create: true });
  database.run('PRAGMA journal_mode = WAL');
  database.run('PRAGMA synchronous = FULL');
  database.run('CREATE TABLE messages (id INTEGER PRIMARY KEY, arrival INTEGER NOT NULL, body BLOB NOT NULL)');
  const insert = database.query('INSERT INTO messages (arrival, body) VALUES (?, ?)');
  let waiting: { bodies: readonly Uint8Array[]; resolve: () => void; reject: (cause: unknown) => void }[] = [];
  let flushes = 0;
  const flush = (): void => {
    const group = waiting;
    waiting = [];
    try {
      const now = Date.now();
      database.transaction(() => {
        for (const { bodies } of group) for (const body of bodies) insert.run(now, body);
      })();
      flushes += 1;
      for (const { resolve } of group) resolve();
    } catch (cause) {
      for (const { reject } of group) reject(cause);
    }
  };
  return {
    send(bodies) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ bodies, resolve, reject });
      return promise;
    },
    flushes: () => flushes,
    async reopenAndCount() {
      database.close();
      const again = new Database(join(folder, 'queue.sqlite'));
      const row = again.query<{ count: number }, []>('SELECT count(*) AS count FROM messages').get();
      again.close();
      return row?.count ?? 0;
    },
  };
}
