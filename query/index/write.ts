/**
 * Event rows into the hot index. Rows are only ever added, so the same events written twice, or grouped otherwise, change
 * no answer.
 */
import type { Database, SqlValue, Statement } from '../../platform/ports.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { insertFolds } from './folds.ts';
import { type HotRow, toHotRows } from './hot-rows.ts';
import { identityOf } from './identity.ts';
import { inserts, into } from './inserts.ts';
import { insertRetractions, type Retraction, retractionsOf } from './retractions.ts';
import { readState, type Slot } from './state.ts';

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
  database: Database,
  rows: readonly EventRow[],
  size: BatchSize = D1_BATCH,
): Promise<void> {
  const { active, building } = await readState(database);
  const slots = building === null ? [active] : [active, building];
  const count = database.prepare('update index_state set sequence = sequence + 1 where id = 1');
  const write = (insert: (slot: Slot) => Statement[]): Promise<unknown> =>
    database.batch([count, ...slots.flatMap(insert)]);
  for (const batch of batches(toHotRows(rows), size)) await write((slot) => insertHotRows(database, slot, batch, NOW));
  for (const some of portions(retractionsOf(rows))) await write((slot) => insertRetractions(database, slot, some, NOW));
}

/** Adds events to one slot, as events that were there before every cursor that was given out. */
export async function writeAsOld(database: Database, slot: Slot, rows: readonly EventRow[]): Promise<void> {
  for (const batch of batches(toHotRows(rows), D1_BATCH)) {
    await database.batch(insertHotRows(database, slot, batch, '0'));
  }
  for (const some of portions(retractionsOf(rows))) await database.batch(insertRetractions(database, slot, some, '0'));
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
function insertHotRows(database: Database, slot: Slot, hotRows: readonly HotRow[], sequence: string): Statement[] {
  const events: SqlValue[] = [];
  const copies: { identity: string; stamp: string }[] = [];
  for (const hotRow of hotRows) {
    events.push(hotRow.bucket, hotRow.newest, hotRow.content, hotRow.oldest, hotRow.users, hotRow.events);
    for (const { row, stamp } of hotRow.held) {
      copies.push({ identity: identityOf(row.source, row.message_id), stamp });
    }
  }
  // In the order of the table, which SQLite fills fastest.
  copies.sort((a, b) => (a.identity < b.identity ? -1 : 1));
  const identities = copies.flatMap(({ identity, stamp }) => [identity, stamp]);
  return [
    ...inserts(database, '(?,?,?,?,?,?)', into(`events_${slot}`), events),
    ...inserts(database, `(?,?,${sequence})`, into(`identities_${slot}`), identities),
    ...insertFolds(
      database,
      slot,
      hotRows.flatMap(({ held }) => held),
      sequence,
    ),
  ];
}
