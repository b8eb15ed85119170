/** Random histories of a small Inlet: what arrives, is built, merged, expires and leaves. */
import fc from 'fast-check';
import type { EventRow } from '../../schemas/columns.ts';
import { makeRow, pack, T0 } from '../query/support.ts';
import { PagingWorld } from './paging.world.ts';

export const USERS = ['ann', 'ann-phone'];

/** Few identities, users, times and arrivals, so that copies of all kinds meet. */
const draft = fc.record({
  user: fc.constantFrom(...USERS, 'ann', 'bob'),
  id: fc.nat(14),
  type: fc.constantFrom('track', 'track', 'page'),
  minutes: fc.nat(40),
  arrival: fc.nat(30),
});
const arrival = fc.record({
  do: fc.constant('arrive' as const),
  drafts: fc.array(draft, { minLength: 1, maxLength: 6 }),
});
export const step = fc.oneof(
  { weight: 3, arbitrary: arrival },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('build' as const), segments: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('merge' as const), count: fc.option(fc.nat(4)) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.constantFrom(1, 20, 70) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('drop' as const) }) },
);
export type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** As long as what a cursor names is there. */
export const WITHIN_GRACE_MINUTES = 55;

export class History {
  readonly world = new PagingWorld();
  #packs = 0;
  #minutesLeft = Number.POSITIVE_INFINITY;

  /** @param minutes that may go by, over all calls from now on */
  limit(minutes: number): void {
    this.#minutesLeft = minutes;
  }

  async play(steps: readonly Step[]): Promise<void> {
    for (const one of steps) {
      if (one.do === 'arrive') await this.world.arrive(this.#rows(one.drafts));
      else if (one.do === 'build') this.world.build(one.segments);
      else if (one.do === 'merge') this.world.merge(one.count);
      else if (one.do === 'wait') this.#wait(one.minutes);
      else await this.world.drop();
    }
  }

  #wait(minutes: number): void {
    const waited = Math.min(minutes, this.#minutesLeft);
    this.#minutesLeft -= waited;
    this.world.expire(waited);
  }

  #rows(drafts: readonly (typeof draft extends fc.Arbitrary<infer Draft> ? Draft : never)[]): EventRow[] {
    this.#packs += 1;
    const rows = drafts.map(({ user, id, type, minutes, arrival: at }, place) =>
      makeRow({
        ...{ user_key: user, user_id: user, type, message_id: `m${String(id).padStart(2, '0')}` },
        ...{ pack_id: pack(this.#packs), pack_index: place },
        ...{ timestamp: T0 + minutes * 60_000, received_at: T0 + 86_400_000 + at * 60_000 },
      }),
    );
    return rows;
  }
}
