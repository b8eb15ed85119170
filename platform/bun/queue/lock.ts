/**
 * Keeps a second process out of a folder. The lock is a write transaction on an empty SQLite file: the kernel drops it
 * with the process, however that ends, so there are no stale locks to judge, nor process numbers that mean another
 * process (in a container it is always 1).
 */
import { Database, SQLiteError } from 'bun:sqlite';
import { join } from 'node:path';

export interface Lock {
  release(): void;
}

/** @throws Error that names the holder when the folder is in use */
export function lockFolder(folder: string): Lock {
  const database = new Database(join(folder, 'lock'), { create: true });
  try {
    database.run(`PRAGMA user_version = ${process.pid}`);
    database.run('BEGIN IMMEDIATE');
  } catch (cause) {
    if (!(cause instanceof SQLiteError && cause.code === 'SQLITE_BUSY')) throw cause;
    const holder = database.query<{ user_version: number }, []>('PRAGMA user_version').get()?.user_version;
    database.close();
    throw new Error(
      `The queue in ${folder} is in use by process ${holder ?? 'unknown'}. Stop that process, or give this one a data folder of its own.`,
      { cause },
    );
  }
  return { release: () => database.close() };
}
