import type { Database } from '../../platform/ports.ts';
import { isRetracted } from '../index/counts.ts';
import type { Moment } from './moment.ts';
import { select } from './select.ts';

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
export async function keepWinners<Copy extends Candidate>(
  database: Database,
  { slot, sequence }: Pick<Moment, 'slot' | 'sequence'>,
  copies: readonly Copy[],
): Promise<Copy[]> {
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
