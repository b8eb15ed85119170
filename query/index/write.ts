/**
 * Event rows into the hot index. Rows are only ever added, so the same events written twice, or grouped otherwise, change
 * no answer.
 */
import type { Database, HotIndex, SqlValue, Statement } from '../../platform/ports.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { firstBucket } from './eras.ts';
import { insertFolds, isFolded } from './folds.ts';
import { type HeldEvent, type HotRow, toHotRows } from './hot-rows.ts';
import { identityOf } from './identity.ts';
import { inserts, into } from './inserts.ts';
import { insertRetractions, type Retraction, retractionsOf } from './retractions.ts';
import { databaseOf, type Layout, shardOf } from './shards.ts';
import { insertArrivals } from './sources.ts';
import { readState, type Slot, shardsOf } from './state.ts';

/** A batch is one transaction: a reader sees all of it or nothing. */
export interface BatchSize {
  readonly characters_max: number;
  readonly events_max: number;
}

/** A batch for D1 crosses the network and has 30 seconds. */
const D1_BATCH: BatchSize = { characters_max: 1_000_000, events_max: 4_000 };

/** Retractions in a batch. */
const RETRACTIONS_MAX = 1_000;

/** SQL of the sequence that a batch counts up to. */
const NOW = '(select sequence from index_state)';

/**
 * Adds the events to the active slot, and to the one that a rebuild fills.
 *
 * Call it once the events are in the log: a rebuild that starts later finds them there, an earlier one is seen here.
 *
 * @param rows of the log. Rejected events are skipped.
 * @throws what the database throws; then some of the events may be in, and writing all of them again is right.
 */
export async function writeRows(
  database: HotIndex,
  rows: readonly EventRow[],
  size: BatchSize = D1_BATCH,
): Promise<void> {
  const state = await readState(database);
  const slots = state.building === null ? [state.active] : [state.active, state.building];
  const layouts = slots.map((slot): Layout => ({ slot, shards: shardsOf(state, slot) }));
  const count = database.prepare('update index_state set sequence = sequence + 1 where id = 1');
  const write = (insert: (layout: Layout) => Statement[]): Promise<unknown> =>
    database.batch([count, ...layouts.flatMap(insert)]);
  for (const batch of batches(toHotRows(rows), size)) {
    await writeBeside(database, layouts, batch);
    await write((layout) => insertHotRows(database, layout, batch, NOW));
  }
  for (const some of portions(retractionsOf(rows))) {
    await write(({ slot }) => insertRetractions(database, slot, some, NOW));
  }
}

/** Adds events to one slot, as events that were there before every cursor that was given out. */
export async function writeAsOld(database: HotIndex, layout: Layout, rows: readonly EventRow[]): Promise<void> {
  for (const batch of batches(toHotRows(rows), D1_BATCH)) {
    await writeBeside(database, [layout], batch);
    await database.batch(insertHotRows(database, layout, batch, '0'));
  }
  for (const some of portions(retractionsOf(rows))) {
    await database.batch(insertRetractions(database, layout.slot, some, '0'));
  }
}

/** The rows that other databases hold. They are in before their copies, without which nobody sees them. */
async function writeBeside(index: HotIndex, layouts: readonly Layout[], hotRows: readonly HotRow[]): Promise<void> {
  const statements = new Map<number, Statement[]>();
  for (const { slot, shards } of layouts.filter((layout) => layout.shards > 1)) {
    for (const [shard, rows] of Map.groupBy(hotRows, ({ bucket }) => shardOf(bucket, shards))) {
      if (shard === 0) continue;
      const made = insertEvents(databaseOf(index, shard), slot, rows);
      statements.set(shard, [...(statements.get(shard) ?? []), ...made]);
    }
  }
  await Promise.all([...statements].map(([shard, made]) => databaseOf(index, shard).batch(made)));
}

function* portions(retractions: readonly Retraction[]): Generator<Retraction[]> {
  for (let start = 0; start < retractions.length; start += RETRACTIONS_MAX) {
    yield retractions.slice(start, start + RETRACTIONS_MAX);
  }
}

function* batches(hotRows: readonly HotRow[], size: BatchSize): Generator<HotRow[]> {
  let batch: HotRow[] = [];
  let characters = 0;
  let events = 0;
  for (const hotRow of hotRows) {
    characters += hotRow.events.length;
    events += hotRow.held.length;
    if (batch.length > 0 && (characters > size.characters_max || events > size.events_max)) {
      yield batch;
      batch = [];
      characters = hotRow.events.length;
      events = hotRow.held.length;
    }
    batch.push(hotRow);
  }
  if (batch.length > 0) yield batch;
}

/** @param sequence SQL of the sequence that the copies get */
function insertHotRows(
  database: Database,
  { slot, shards }: Layout,
  hotRows: readonly HotRow[],
  sequence: string,
): Statement[] {
  const own = shards === 1 ? hotRows : hotRows.filter(({ bucket }) => shardOf(bucket, shards) === 0);
  const copies: { identity: string; stamp: string }[] = [];
  const calls: HeldEvent[] = [];
  for (const hotRow of hotRows) {
    for (const held of hotRow.held) {
      const { row, stamp } = held;
      copies.push({ identity: identityOf(row.source, row.message_id), stamp });
      if (isFolded(row)) calls.push(held);
    }
  }
  // In the order of the table, which SQLite fills fastest.
  copies.sort((a, b) => (a.identity < b.identity ? -1 : 1));
  const identities = copies.flatMap(({ identity, stamp }) => [identity, stamp]);
  return [
    ...insertEvents(database, slot, own),
    ...inserts(database, `(?,?,${sequence})`, into(`identities_${slot}`), identities),
    ...insertFolds(database, slot, calls, sequence),
    ...insertArrivals(database, hotRows),
  ];
}

function insertEvents(database: Database, slot: Slot, hotRows: readonly HotRow[]): Statement[] {
  const values: SqlValue[] = [];
  for (const { bucket, newest, content, oldest, users, events } of hotRows) {
    values.push(bucket, newest, content, oldest, users, events);
  }
  return inserts(database, '(?,?,?,?,?,?)', intoEra(slot), values);
}

/** The era is read where nothing comes between: no row gets into one that is being sorted. */
function intoEra(slot: Slot): (rows: string) => string {
  return (rows) => `insert into events_${slot}
    select ${firstBucket(slot)} + column1, column2, column3, column4, column5, column6 from (values ${rows}) where true
    on conflict do nothing`;
}
