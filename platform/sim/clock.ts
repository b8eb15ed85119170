import type { Clock } from '../ports.ts';

export interface VirtualClock extends Clock {
  /** Moves on by so many milliseconds, waking sleepers in the order of their time. */
  advance(milliseconds: number): Promise<void>;
  /** Moves on from sleeper to sleeper until the work settles. */
  finish<Result>(work: Promise<Result>): Promise<Result>;
}

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** A clock that stands still until it is told. @param start epoch milliseconds. */
export function virtualClock(start: number): VirtualClock {
  let now = start;
  const sleepers: Sleeper[] = [];

  /** Wakes the next sleeper due by `until`; false when there is none. */
  const wakeNext = (until: number): boolean => {
    const next = sleepers[0];
    if (next === undefined || next.due > until) return false;
    sleepers.shift();
    now = Math.max(now, next.due);
    next.wake();
    return true;
  };

  return {
    now: () => now,
    sleep: (milliseconds) =>
      new Promise((wake) => {
        sleepers.push({ due: now + milliseconds, wake });
        sleepers.sort((left, right) => left.due - right.due);
      }),
    async advance(milliseconds) {
      const until = now + milliseconds;
      await turn();
      while (wakeNext(until)) await turn();
      now = until;
    },
    async finish(work) {
      let settled = false;
      const settle = (): void => {
        settled = true;
      };
      work.then(settle, settle);
      await turn();
      while (!settled) {
        wakeNext(Number.POSITIVE_INFINITY);
        await turn();
      }
      return work;
    },
  };
}

/** Lets everything that can run without time passing do so. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
