import type { Database } from '../../platform/ports.ts';
import { isRetracted } from '../index/counts.ts';
import type { Moment } from './moment.ts';
import { select } from './select.ts';

/**
 * Of the copies, those that count: none that was there at that moment has a smaller stamp, and nobody had taken the event
 * back. In the same order.
 */
export async function keepWinners<Copy extends { readonly identity: string; readonly stamp: string }>(
  database: Database,
  { slot, sequence }: Moment,
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
  return copies.filter(({ stamp }, place) => stamps.get(place) === stamp);
}
