import type { Database } from '../../platform/ports.ts';
import { isRetracted } from '../index/counts.ts';
import { identityOf } from '../index/identity.ts';
import type { Copy } from './copy.ts';
import type { Moment } from './moment.ts';
import { select } from './select.ts';
import type { Stores } from './stores.ts';

export interface Candidate {
  readonly identity: string;
  readonly stamp: string;
  /** From a file, where each is a winner, unless the index knows of a copy that came before it. */
  readonly isCold?: boolean;
}

/**
 * Of the copies, those that count: none that was there at that moment has a smaller stamp, and nobody had taken the event
 * back. In the same order.
 */
export async function keepWinners<Kept extends Candidate>(
  database: Database,
  { slot, sequence }: Pick<Moment, 'slot' | 'sequence'>,
  copies: readonly Kept[],
): Promise<Kept[]> {
  if (copies.length === 0) return [];
  // One text for any number of them: each text that differs is one more to prepare, and D1 takes 100 values at most.
  const rows = await select<{ place: number; stamp: string | null }>(
    database,
    `select key as place,
       (select min(stamp) from identities_${slot} where identity = value and sequence <= ?2) as stamp
     from json_each(?1) where not ${isRetracted(slot, 'value', '?2')}`,
    JSON.stringify(copies.map(({ identity }) => identity)),
    sequence,
  );
  const stamps = new Map(rows.map(({ place, stamp }) => [place, stamp]));
  return copies.filter(({ stamp, isCold = false }, place) => {
    const first = stamps.get(place);
    return first === stamp || (isCold && (first === null || (first !== undefined && stamp < first)));
  });
}

/**
 * The events that copies in the order of a timeline stand for. At one place, the index and the files may each have a copy
 * that counts for them: the first to arrive counts.
 *
 * @param before the last winner of the copies before these
 */
export async function winnersOf(
  { database, moment }: Pick<Stores, 'database' | 'moment'>,
  copies: readonly Copy[],
  before: Copy | undefined,
): Promise<Copy[]> {
  const identified = copies.map((copy) => ({ ...copy, identity: identityOf(copy.event.source, copy.event.messageId) }));
  const winners = await keepWinners(database, moment, identified);
  return winners.filter(({ event }, place) => {
    const last = (place === 0 ? before : winners[place - 1])?.event;
    return last?.timestamp !== event.timestamp || last.source !== event.source || last.messageId !== event.messageId;
  });
}
