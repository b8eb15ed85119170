import type { Database } from '../../platform/ports.ts';
import type { JsonObject } from '../../schemas/event.ts';
import { latestCalls } from '../identity/calls.ts';
import { type Trait, TraitFold } from '../identity/traits.ts';
import type { Moment } from './moment.ts';

export interface Profile {
  /** The latest value of each trait. */
  readonly traits: JsonObject;
  /** The same, each with when it was seen. */
  readonly details: readonly Trait[];
  /**
   * Times of the earliest and the latest of the calls that were looked at, epoch milliseconds; null where there is none.
   * Other events say nothing of a profile: when somebody was seen at all, the ends of the timeline say.
   */
  readonly createdAt: number | null;
  readonly updatedAt: number | null;
}

/**
 * The fold over the latest identify calls with traits under these keys, up to CALLS_MAX.
 *
 * @param users the keys of one person, as `resolveUser` gives them
 * @throws InletError index_away
 */
export async function readProfile(database: Database, moment: Moment, users: readonly string[]): Promise<Profile> {
  const fold = new TraitFold();
  const times: number[] = [];
  for await (const { timestamp, traits } of latestCalls(database, moment, 'traits', users)) {
    times.push(timestamp);
    if (traits !== null) fold.add(traits, timestamp);
  }
  return {
    traits: fold.latest(),
    details: fold.list(),
    createdAt: times.at(-1) ?? null,
    updatedAt: times[0] ?? null,
  };
}
