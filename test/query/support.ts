import { type SqliteDatabase, sqliteDatabase } from '../../platform/bun/sqlite-database.ts';
import type { Database } from '../../platform/ports.ts';
import { bucketOf } from '../../query/index/users.ts';
import controlMigration from '../../schemas/control/0001_init.sql';
import scopesMigration from '../../schemas/control/0002_read_token_scopes.sql';
import operationsMigration from '../../schemas/control/0003_operations.sql';
import init from '../../schemas/hot-index/0001_init.sql';
import identity from '../../schemas/hot-index/0002_identity.sql';
import timeline from '../../schemas/hot-index/0003_timeline.sql';
import shards from '../../schemas/hot-index/0004_shards.sql';
import cursors from '../../schemas/hot-index/0006_cursors_and_marks.sql';
import eras from '../../schemas/hot-index/0007_eras.sql';
import groups from '../../schemas/hot-index/0008_groups.sql';

export * from './rows.ts';

export function openIndex(): SqliteDatabase {
  const database = sqliteDatabase(':memory:');
  const migrations = [init, identity, timeline, shards, cursors, eras, groups];
  for (const migration of migrations) database.execute(migration);
  return database;
}

export function openControl(): SqliteDatabase {
  const database = sqliteDatabase(':memory:');
  database.execute(controlMigration);
  database.execute(scopesMigration);
  database.execute(operationsMigration);
  return database;
}

/** Counts the statements that are read, and lets a test step in before one. */
export function watched(database: Database, before: (count: number) => Promise<void> | void = () => {}) {
  const counter = { reads: 0 };
  const watchedDatabase: Database = {
    prepare(sql) {
      const wrap = (statement: ReturnType<Database['prepare']>): ReturnType<Database['prepare']> => ({
        bind: (...values) => wrap(statement.bind(...values)),
        async all<Row>() {
          counter.reads += 1;
          await before(counter.reads);
          return statement.all<Row>();
        },
        run: () => statement.run(),
      });
      return wrap(database.prepare(sql));
    },
    batch: (statements) => database.batch(statements),
  };
  return { database: watchedDatabase, counter };
}

/** User keys that fall into one bucket. */
export function usersOfBucket(bucket: number, count: number): string[] {
  const users: string[] = [];
  for (let number = 0; users.length < count; number += 1) {
    if (bucketOf(`other ${number}`) === bucket) users.push(`other ${number}`);
  }
  return users;
}
