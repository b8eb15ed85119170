/** `bun build.ts <folder> <events> <users> <asked>`: the same events in a hot index and in one bare table. */
import { Database } from 'bun:sqlite';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodePack } from '../../../edge/enqueue/pack.ts';
import { expandPack } from '../../../edge/expand/expand.ts';
import { applyMigrations } from '../../../platform/bun/migrations.ts';
import { sqliteDatabase } from '../../../platform/bun/sqlite-database.ts';
import { resolveUser } from '../../../query/identity/resolve-user.ts';
import { sortIndex } from '../../../query/index/sort.ts';
import { writeRows } from '../../../query/index/write.ts';
import { atOneMoment } from '../../../query/resolve/moment.ts';
import type { EventRow } from '../../../schemas/columns.ts';
import { shopBatches } from '../support/shop-packs.ts';
import { bareDatabaseOf, type Case, dataDirOf, usersOf } from './files.ts';

const BUSIEST_SHARE = 0.01;

const [folder = '', events, users, asked] = process.argv.slice(2);
const index = sqliteDatabase(join(dataDirOf(folder), 'hot-index.sqlite'), { synchronous: 'normal' });
await applyMigrations(index, 'hot-index');
const bare = openBare(bareDatabaseOf(folder));
const counts = new Map<string, number>();

for (const batch of shopBatches({ events: Number(events), users: Number(users) })) {
  const rows = batch.flatMap((pack) => expandPack(decodePack(pack)));
  await writeRows(index, rows);
  // As the consumer does beside writing.
  for (let isMore = true; isMore; ) isMore = await sortIndex(index);
  bare.write(rows);
  for (const { user_key } of rows) counts.set(user_key, (counts.get(user_key) ?? 0) + 1);
}

const byCount = [...counts.keys()].sort((one, other) => (counts.get(other) ?? 0) - (counts.get(one) ?? 0));
const lists: Record<Case, string[]> = {
  any: drawn(byCount, Number(asked)),
  busiest: drawn(byCount.slice(0, Math.ceil(byCount.length * BUSIEST_SHARE)), Number(asked)),
  last: drawn(byCount, 2 * Number(asked)).slice(-Number(asked)),
};
writeFileSync(usersOf(folder), JSON.stringify(lists));
for (const user of new Set(Object.values(lists).flat())) {
  bare.addPerson(user, await atOneMoment(index, (moment) => resolveUser(index, moment, user)));
}
index.close();
bare.close();

/** One row an event, with the answer ready in it; and of each user that is asked for, the keys of that person. */
function openBare(path: string) {
  const database = new Database(path, { create: true });
  database.run('pragma journal_mode = wal');
  database.run(`create table events (
    user_key text not null, timestamp integer not null, source text not null, message_id text not null,
    type text not null, answer text not null,
    primary key (user_key, timestamp desc, source, message_id)) without rowid`);
  database.run(
    'create table persons (asked text not null, user_key text not null, primary key (asked, user_key)) without rowid',
  );
  const insert = database.query('insert into events values (?, ?, ?, ?, ?, ?)');
  const insertKey = database.query('insert into persons values (?, ?)');
  const write = database.transaction((rows: readonly EventRow[]) => {
    for (const row of rows) {
      const { user_key, timestamp, source, message_id, type } = row;
      insert.run(user_key, timestamp, source, message_id, type, answerOf(row));
    }
  });
  return {
    write: (rows: readonly EventRow[]) => write(rows),
    addPerson: (asked: string, keys: readonly string[]) => {
      for (const key of keys) insertKey.run(asked, key);
    },
    close: () => database.close(),
  };
}

function answerOf({ message_id, source, type, event, name, timestamp, properties }: EventRow): string {
  const times = { timestamp: new Date(timestamp).toISOString() };
  const fields = { messageId: message_id, source, type, event, name, ...times };
  return JSON.stringify({ ...fields, properties: properties === null ? null : JSON.parse(properties) });
}

/** In an order that says nothing, the same every time. */
function drawn(keys: readonly string[], count: number): string[] {
  const places = new Map(keys.map((key) => [key, createHash('sha256').update(key).digest('hex')]));
  return keys.toSorted((one, other) => ((places.get(one) ?? '') < (places.get(other) ?? '') ? -1 : 1)).slice(0, count);
}
