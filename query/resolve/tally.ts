/** How many events of each day and type. Pure. */
import { type EventType, isEventType } from '../../schemas/event.ts';

export const DAY_MS = 86_400_000;

export interface Cell {
  /** Days since 1970-01-01, UTC. */
  readonly day: number;
  readonly type: EventType;
  readonly count: number;
}

export class Tally {
  readonly #cells = new Map<string, Cell>();

  /** @param timestamp epoch milliseconds. @param type of anything but an event is left out */
  add({ timestamp, type }: { readonly timestamp: number; readonly type: string }, count = 1): void {
    if (!isEventType(type) || count === 0) return;
    const day = Math.floor(timestamp / DAY_MS);
    const key = `${day} ${type}`;
    this.#cells.set(key, { day, type, count: (this.#cells.get(key)?.count ?? 0) + count });
  }

  /** Spreads events evenly over a time. @param oldest @param newest epoch milliseconds */
  spread(oldest: number, newest: number, type: EventType, count: number): void {
    const [first, last] = [Math.floor(oldest / DAY_MS), Math.floor(newest / DAY_MS)];
    let given = 0;
    for (let day = first; day <= last && given !== count; day += 1) {
      const share = day === last ? 1 : ((day + 1) * DAY_MS - oldest) / (newest - oldest);
      const due = Math.round(count * share);
      this.add({ timestamp: day * DAY_MS, type }, due - given);
      given = due;
    }
  }

  /** In no order. */
  cells(): Cell[] {
    return [...this.#cells.values()].filter(({ count }) => count > 0);
  }
}
