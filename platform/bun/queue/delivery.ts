/** Gives messages out in order and takes them back: leases, retries, dead letters. */
import type { Clock } from '../../ports.ts';
import type { AckLog } from './acks.ts';
import type { Backlog } from './backlog.ts';
import type { Cursor, Found } from './cursor.ts';
import { QueueClosedError, type Report } from './errors.ts';
import { HEADER_BYTES, type Message } from './frame.ts';
import { type Lease, type LeasedMessage, Leases } from './leases.ts';
import { readFrame } from './read.ts';
import { WaitingRoom } from './waiting.ts';

const BURY_AT_ONCE_MAX = 100;
const BURY_AGAIN_MS = 60_000;

export interface DeliveryOptions {
  readonly clock: Clock;
  readonly attempts_max: number;
  readonly out_max: number;
  readonly lease_ms: number;
  readonly report: Report;
  /** Keeps a dead letter durably; null: there is nowhere to put one, so it is tried without end. */
  readonly bury: ((message: Message) => Promise<void>) | null;
}

export interface Enough {
  readonly messages: number;
  readonly bytes: number;
}

export class Delivery {
  readonly leases = new Leases();
  readonly #options: DeliveryOptions;
  readonly #backlog: Backlog;
  readonly #cursor: Cursor;
  readonly #acks: AckLog;
  readonly #waiting: WaitingRoom;
  #closed = false;

  constructor(options: DeliveryOptions, backlog: Backlog, cursor: Cursor, acks: AckLog) {
    this.#options = options;
    this.#backlog = backlog;
    this.#cursor = cursor;
    this.#acks = acks;
    this.#waiting = new WaitingRoom(() => {
      const now = options.clock.now();
      const next = this.leases.nextDue(now);
      return next === null ? null : next - now;
    });
  }

  /** Messages that were out before come first. */
  async lease(max: number, bytesMax: number): Promise<LeasedMessage[]> {
    this.#refuseWhenClosed();
    await this.#buryDead();
    const { clock, out_max } = this.#options;
    const now = clock.now();
    const batch: LeasedMessage[] = [];
    let bytes = 0;
    // One message always fits: it could not go out otherwise.
    const fits = (length: number): boolean => batch.length < max && (batch.length === 0 || bytes + length <= bytesMax);
    const give = (lease: Lease): void => {
      batch.push(this.#lend(lease, now));
      bytes += lease.message.length;
    };
    for (const lease of this.leases.due(now)) {
      if (this.#isDead(lease)) continue;
      if (!fits(lease.message.length)) return batch;
      give(lease);
    }
    while (batch.length < max && this.leases.size < out_max) {
      const found = await this.#cursor.peek();
      if (found === null || !fits(found.header.length)) break;
      if (this.#cursor.take(found)) give(this.#takeOut(found));
    }
    return batch;
  }

  /** Counts at once; what it resolves after only spares a redelivery. */
  async ack(ids: Iterable<string>): Promise<void> {
    this.#refuseWhenClosed();
    const journals = Map.groupBy(this.leases.remove(ids), ({ journal }) => journal);
    const noted = [...journals].map(([journal, leases]) => {
      const note = this.#acks.note(
        journal,
        leases.map(({ message }) => message.offset),
      );
      for (const { message } of leases) this.#backlog.settle(journal, HEADER_BYTES + message.length);
      return note;
    });
    this.changed();
    await Promise.all(noted);
  }

  retry(ids: Iterable<string>, delayMs: number): void {
    this.leases.giveBack(ids, this.#options.clock.now() + delayMs);
    this.changed();
  }

  releaseAll(): void {
    this.leases.giveBackAll(this.#options.clock.now());
    this.changed();
  }

  waitForMessages(signal: AbortSignal, enough: Enough): Promise<void> {
    this.#refuseWhenClosed();
    return this.#waiting.wait(() => this.#has(enough), signal);
  }

  /** There may be more to give out than before. */
  changed(): void {
    this.#waiting.wake();
  }

  close(): void {
    this.#closed = true;
    this.#waiting.close(new QueueClosedError());
  }

  #has(enough: Enough): boolean {
    const due = this.leases.due(this.#options.clock.now());
    const { unread, unread_bytes } = this.#backlog.total;
    const room = Math.max(0, this.#options.out_max - this.leases.size);
    const messages = due.length + Math.min(unread, room);
    if (messages === 0) return false;
    if (messages >= enough.messages || unread >= room) return true;
    const bodies = unread_bytes - unread * HEADER_BYTES;
    return due.reduce((sum, { message }) => sum + message.length, bodies) >= enough.bytes;
  }

  #takeOut({ journal, offset, header }: Found): Lease {
    const id = `${journal.sequence}-${offset}`;
    const { length, arrival } = header;
    const lease = {
      message: { id, path: journal.path, offset, length, attempts: 0, arrival },
      journal,
      leased: false,
      until: 0,
    };
    this.leases.add(lease);
    return lease;
  }

  #lend(lease: Lease, now: number): LeasedMessage {
    lease.message = { ...lease.message, attempts: lease.message.attempts + 1 };
    lease.leased = true;
    lease.until = now + this.#options.lease_ms;
    return lease.message;
  }

  #isDead({ message }: Lease): boolean {
    return this.#options.bury !== null && message.attempts >= this.#options.attempts_max;
  }

  async #buryDead(): Promise<void> {
    const { bury, clock } = this.#options;
    if (bury === null) return;
    const dead = this.leases.due(clock.now()).filter((lease) => this.#isDead(lease));
    await Promise.all(dead.slice(0, BURY_AT_ONCE_MAX).map((lease) => this.#bury(lease, bury)));
  }

  /** The bytes go as they are, damaged ones too: whoever looks at the dead letters should see them. */
  async #bury(lease: Lease, bury: (message: Message) => Promise<void>): Promise<void> {
    const { clock, report, lease_ms } = this.#options;
    const { message } = lease;
    const detail = `message ${message.id} of ${message.path} after ${message.attempts} deliveries`;
    lease.leased = true;
    lease.until = clock.now() + lease_ms;
    try {
      const frame = await readFrame(message);
      await bury({ body: frame.subarray(HEADER_BYTES), arrival: message.arrival });
      await this.ack([message.id]);
      report({ code: 'buried', detail });
    } catch (cause) {
      this.retry([message.id], BURY_AGAIN_MS);
      report({ code: 'bury_failed', detail, cause });
    }
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new QueueClosedError();
  }
}
