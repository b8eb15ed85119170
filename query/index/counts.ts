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
