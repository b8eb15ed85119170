import { type SqliteDatabase, sqliteDatabase } from '../../platform/bun/sqlite-database.ts';
import type { Database } from '../../platform/ports.ts';
import { bucketOf } from '../../query/index/users.ts';
import type { TimelineQuery } from '../../query/resolve/timeline.ts';
import type { EventRow } from '../../schemas/columns.ts';
import controlMigration from '../../schemas/control/0001_init.sql';
import scopesMigration from '../../schemas/control/0002_read_token_scopes.sql';
import operationsMigration from '../../schemas/control/0003_operations.sql';
import init from '../../schemas/hot-index/0001_init.sql';
import identity from '../../schemas/hot-index/0002_identity.sql';
import timeline from '../../schemas/hot-index/0003_timeline.sql';
import shards from '../../schemas/hot-index/0004_shards.sql';
import { packId } from '../../schemas/pack.ts';

export const T0 = Date.UTC(2026, 0, 31, 10);
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

export const WHOLE_TIMELINE: TimelineQuery = {
  ...{ users: ['ann'], from: null, to: null, types: null, events: null, sources: null, where: null },
  ...{ order: 'newest', first: 50, after: null },
};

export function openIndex(): SqliteDatabase {
  const database = sqliteDatabase(':memory:');
  for (const migration of [init, identity, timeline, shards]) database.execute(migration);
  return database;
}

export function openControl(): SqliteDatabase {
  const database = sqliteDatabase(':memory:');
  database.execute(controlMigration);
  database.execute(scopesMigration);
  database.execute(operationsMigration);
  return database;
}

/** Pack ids that sort by number. */
export function pack(number: number): string {
  return packId('0123456789abcde', number);
}

/** A track call of user `ann`, unless told otherwise. */
export function makeRow(overrides: Partial<EventRow> = {}): EventRow {
  const user = overrides.user_key ?? 'ann';
  return {
    message_id: 'm1',
    source: 'web',
    type: 'track',
    event: overrides.type === undefined || overrides.type === 'track' ? 'Viewed' : null,
    name: null,
    user_id: user,
    anonymous_id: null,
    user_key: user,
    group_id: null,
    previous_id: null,
    timestamp: T0,
    original_timestamp: null,
    sent_at: null,
    received_at: T0 + HOUR_MS,
    pack_id: pack(1),
    pack_index: 0,
    verdict: 'ok',
    verdict_code: null,
    page_url: null,
    page_path: null,
    page_title: null,
    page_referrer: null,
    campaign_source: null,
    campaign_medium: null,
    campaign_name: null,
    user_agent: null,
    browser: null,
    os: null,
    device: null,
    bot: false,
    ip: null,
    country: null,
    region: null,
    city: null,
    locale: null,
    library: null,
    products: null,
    properties: null,
    traits: null,
    context: null,
    body: null,
    body_bytes: null,
    body_sha256: null,
    other: null,
    ...overrides,
  };
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
