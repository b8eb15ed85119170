/** `Event Retracted` in the index: two identities, and no place in any timeline. */
import type { Database, SqlValue, Statement } from '../../platform/ports.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { RETRACTION_TYPE } from '../../schemas/event.ts';
import { type HeldEvent, heldOf } from './hot-rows.ts';
import { identityOf } from './identity.ts';
import { inserts, into } from './inserts.ts';
import { insertArrivals } from './sources.ts';
import type { Slot } from './state.ts';

export interface Retraction extends HeldEvent {
  /** Identity of the event that is taken back. */
  readonly target: string;
}

export function retractionsOf(rows: readonly EventRow[]): Retraction[] {
  return rows
    .filter(({ type, verdict }) => type === RETRACTION_TYPE && verdict !== 'rejected')
    .flatMap((row) => {
      const { name, previous_id } = row;
      if (name === null || previous_id === null) return [];
      return [{ ...heldOf(row), target: identityOf(name, previous_id) }];
    });
}

/** @param sequence SQL of the sequence that the rows get */
export function insertRetractions(
  database: Database,
  slot: Slot,
  retractions: readonly Retraction[],
  sequence: string,
): Statement[] {
  const rows: SqlValue[] = [];
  const copies: SqlValue[] = [];
  for (const { row, stamp, target } of retractions) {
    const identity = identityOf(row.source, row.message_id);
    rows.push(target, stamp, identity);
    copies.push(identity, stamp);
  }
  return [
    ...inserts(database, `(?,?,${sequence})`, into(`identities_${slot}`), copies),
    ...inserts(database, `(?,?,?,${sequence})`, into(`retractions_${slot}`), rows),
    ...insertArrivals(database, [{ held: retractions }]),
  ];
}
