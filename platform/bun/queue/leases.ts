/** The messages that are out: leased, or waiting to be given out once more. As few as the queue allows. */
import type { Journal } from './backlog.ts';
import type { MessageReference } from './read.ts';

/** A message on loan: plain data, fit for another process, which reads the body with `readMessage`. */
export interface LeasedMessage extends MessageReference {
  readonly id: string;
  /** Deliveries, this one included; starts over when the queue is opened again. */
  readonly attempts: number;
  /** Epoch milliseconds. */
  readonly arrival: number;
}

export interface Lease {
  message: LeasedMessage;
  readonly journal: Journal;
  leased: boolean;
  /** When it may be given out again, epoch ms: the end of the lease or of the delay. */
  until: number;
}

export class Leases {
  /** In order of first delivery. */
  readonly #leases = new Map<string, Lease>();

  get size(): number {
    return this.#leases.size;
  }

  get leased(): number {
    let count = 0;
    for (const { leased } of this.#leases.values()) if (leased) count += 1;
    return count;
  }

  add(lease: Lease): void {
    this.#leases.set(lease.message.id, lease);
  }

  due(now: number): Lease[] {
    return [...this.#leases.values()].filter((lease) => lease.until <= now);
  }

  /** When the next one falls due after `now`, epoch ms; null without any. */
  nextDue(now: number): number | null {
    let next: number | null = null;
    for (const { until } of this.#leases.values()) if (until > now) next = Math.min(next ?? until, until);
    return next;
  }

  /** Least arrival; null without any. */
  oldest(): number | null {
    let oldest: number | null = null;
    for (const { message } of this.#leases.values()) oldest = Math.min(oldest ?? message.arrival, message.arrival);
    return oldest;
  }

  /** Unknown ids, as those of messages acknowledged before, are passed over. */
  remove(ids: Iterable<string>): Lease[] {
    const removed = this.#find(ids);
    for (const { message } of removed) this.#leases.delete(message.id);
    return removed;
  }

  /** Gives them back. */
  giveBack(ids: Iterable<string>, until: number): void {
    for (const lease of this.#find(ids)) {
      lease.leased = false;
      lease.until = until;
    }
  }

  giveBackAll(until: number): void {
    for (const lease of this.#leases.values()) {
      if (!lease.leased) continue;
      lease.leased = false;
      lease.until = until;
    }
  }

  #find(ids: Iterable<string>): Lease[] {
    const found: Lease[] = [];
    for (const id of new Set(ids)) {
      const lease = this.#leases.get(id);
      if (lease !== undefined) found.push(lease);
    }
    return found;
  }
}
