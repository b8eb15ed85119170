import type { Database } from '../../platform/ports.ts';
import type { Moment } from './moment.ts';
import { select } from './select.ts';

/** D1 takes 100 values in one statement; one is the sequence. */
const IDENTITIES_MAX = 99;

/** Of the copies, those that count: none that was there at that moment has a smaller stamp. In the same order. */
export async function keepWinners<Copy extends { readonly identity: string; readonly stamp: string }>(
  database: Database,
  { slot, sequence }: Moment,
  copies: readonly Copy[],
): Promise<Copy[]> {
  const winners: Copy[] = [];
  for (let start = 0; start < copies.length; start += IDENTITIES_MAX) {
    const asked = copies.slice(start, start + IDENTITIES_MAX);
    const rows = await select<{ identity: string; stamp: string }>(
      database,
      `select identity, min(stamp) as stamp from identities_${slot}
       where identity in (${asked.map(() => '?').join()}) and sequence <= ? group by identity`,
      ...asked.map(({ identity }) => identity),
      sequence,
    );
    const stamps = new Map(rows.map(({ identity, stamp }) => [identity, stamp]));
    winners.push(...asked.filter(({ identity, stamp }) => stamps.get(identity) === stamp));
  }
  return winners;
}
