import type { Database } from '../../platform/ports.ts';
import type { JsonObject } from '../../schemas/event.ts';
import type { Moment } from '../resolve/moment.ts';
import { CALLS_MAX, latestCalls } from './calls.ts';
import { TraitFold } from './traits.ts';

/** A group, as one person's group calls speak of it. */
export interface Membership {
  /** As sent. */
  readonly id: string;
  /** The latest value of each trait. */
  readonly traits: JsonObject;
  /** Times of the earliest and the latest of the calls that were looked at, epoch milliseconds. */
  readonly firstSeen: number;
  readonly lastSeen: number;
}

/** Of a person, as many as there can be. */
export const MEMBERSHIPS_FIRST = { by_default: 100, most: CALLS_MAX };

/**
 * The groups of a person, those named last first: a fold over the latest group calls under these keys, up to CALLS_MAX.
 *
 * @param users the keys of one person, as `resolveUser` gives them
 * @throws InletError index_away
 */
export async function readMemberships(
  database: Database,
  moment: Moment,
  users: readonly string[],
): Promise<Membership[]> {
  const groups = new Map<string, { readonly fold: TraitFold; readonly lastSeen: number; firstSeen: number }>();
  for await (const { group_id, timestamp, traits } of latestCalls(database, moment, 'groups', users)) {
    if (group_id === null) continue;
    const group = groups.get(group_id) ?? { fold: new TraitFold(), lastSeen: timestamp, firstSeen: timestamp };
    groups.set(group_id, group);
    group.firstSeen = timestamp;
    if (traits !== null) group.fold.add(traits, timestamp);
  }
  return [...groups].map(([id, { fold, firstSeen, lastSeen }]) => ({ id, traits: fold.latest(), firstSeen, lastSeen }));
}
