/** How complete an answer is: every event that was acknowledged before this time is in it. */
import type { Clock, ObjectStore } from '../ports.ts';
import { oldestMarker } from './reindex.ts';

const FRESH_MS = 250;

export interface AsOfPorts {
  readonly lake: ObjectStore;
  readonly clock: Clock;
  /** Arrival of the oldest event that no store has yet, epoch milliseconds; null without any. */
  readonly oldestPending: () => Promise<number | null>;
}

/**
 * @returns a function that gives epoch milliseconds: the arrival of the oldest event that is on its way or waits for the
 * hot index, else now. It asks at most four times a second, so the answer may be that much too early, never too late.
 */
export function createAsOf({ lake, clock, oldestPending }: AsOfPorts): () => Promise<number> {
  let askedAt = Number.NEGATIVE_INFINITY;
  let answer = 0;
  return async () => {
    const now = clock.now();
    if (now - askedAt < FRESH_MS) return answer;
    // In the order in which events move on: what has left the queue by now shows as a marker, if it is not indexed.
    const pending = await oldestPending();
    const marker = await oldestMarker(lake);
    answer = Math.min(now, pending ?? now, marker ?? now);
    askedAt = now;
    return answer;
  };
}
