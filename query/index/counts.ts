/** Whether a row of a fold counts, in SQL that stands in a statement over one slot. */
import type { Slot } from './state.ts';

/**
 * True where no copy with a smaller stamp was there.
 *
 * @param of alias of a row with identity and stamp
 * @param sequence SQL of the moment's sequence
 */
export function isWinner(slot: Slot, of: string, sequence: string): string {
  return `not exists (select 1 from identities_${slot} earlier
    where earlier.identity = ${of}.identity and earlier.stamp < ${of}.stamp and earlier.sequence <= ${sequence})`;
}

/**
 * True where an `Event Retracted` that counts takes the event back. Rarely is there one, so this is one look into an index.
 *
 * @param identity SQL of the identity of the event. @param sequence as above
 */
export function isRetracted(slot: Slot, identity: string, sequence: string): string {
  return `exists (select 1 from retractions_${slot} retraction
    where retraction.target = ${identity} and retraction.sequence <= ${sequence}
      and ${isWinner(slot, 'retraction', sequence)})`;
}

/**
 * True where the row itself was there: its copy came no later.
 *
 * @param of alias of a row with identity and stamp. @param sequence as above
 */
export function isThere(slot: Slot, of: string, sequence: string): string {
  return `exists (select 1 from identities_${slot} own
    where own.identity = ${of}.identity and own.stamp = ${of}.stamp and own.sequence <= ${sequence})`;
}
