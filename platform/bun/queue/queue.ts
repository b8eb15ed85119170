/**
 * The durable queue inside the process: journals that are only appended to, and beside each the list of its
 * acknowledged messages. Delivers at least once, in order but for retries, and keeps a few numbers a journal in memory,
 * however many messages wait. See ADR 0003.
 */
import { join, resolve } from 'node:path';
import type { Clock, Queue, QueueMetrics } from '../../ports.ts';
import { AckLog } from './acks.ts';
import { Backlog } from './backlog.ts';
import { Cursor } from './cursor.ts';
import { Delivery, type Enough } from './delivery.ts';
import { QueueClosedError, type Report } from './errors.ts';
import { makeFolder, type OpenJournal, openJournal } from './files.ts';
import { MESSAGE_BYTES_MAX, type Message } from './frame.ts';
import type { LeasedMessage } from './leases.ts';
import { type Lock, lockFolder } from './lock.ts';
import { type MessageReference, readMessage } from './read.ts';
import { type Recovered, recover } from './recover.ts';
import { Writer } from './writer.ts';

const BATCH_MESSAGES_MAX = 100;
const JOURNAL_BYTES_MAX = 67_108_864;
/** A small queue has small journals: a sealed one counts whole until its last message goes. */
const JOURNALS_MIN = 8;

export interface EmbeddedQueueOptions {
  readonly clock: Clock;
  /** Refuses beyond this on disk. The dead letters may take as much again. */
  readonly queue_bytes_max: number;
  /** Refuses when the disk has less left. */
  readonly disk_free_bytes_min: number;
  readonly report: Report;
  /** False gives up durability: for the test that must see the difference. */
  readonly sync?: boolean;
  /** Deliveries after which a message goes to the dead letters. */
  readonly attempts_max?: number;
  /** Leased and delayed messages; beyond, nothing new is given out. */
  readonly out_max?: number;
  /** A lease that nobody settles ends after this. */
  readonly lease_ms?: number;
  readonly journal_bytes_max?: number;
  /** Bytes in memory that wait for the disk. */
  readonly waiting_bytes_max?: number;
  readonly openJournal?: OpenJournal;
}

export interface EmbeddedQueueStats {
  /** Durable writes since the start, and what they held; bytes with the 20 of each frame. */
  readonly flushes: number;
  readonly messages: number;
  readonly bytes: number;
  readonly leased: number;
  /** Given back, and not leased again yet. */
  readonly delayed: number;
  /** Messages among the dead letters. */
  readonly dead: number;
  /** Damaged places found since the start. */
  readonly corrupt: number;
  /** Files with messages. */
  readonly journals: number;
}

export class EmbeddedQueue implements Queue {
  /** A queue of the same kind, whose own messages are tried without end; null in itself. */
  readonly deadLetters: EmbeddedQueue | null;
  readonly #clock: Clock;
  readonly #lock: Lock;
  readonly #acks: AckLog;
  readonly #backlog: Backlog;
  readonly #writer: Writer;
  readonly #cursor: Cursor;
  readonly #delivery: Delivery;
  #corruptPlaces: number;
  #closing: Promise<void> | null = null;

  /**
   * Reads what is in the folder once, from end to end.
   *
   * @throws Error that says what to do when another process has the folder open
   */
  static open(folder: string, options: EmbeddedQueueOptions): Promise<EmbeddedQueue> {
    return EmbeddedQueue.#openFolder(resolve(folder), options, (path) =>
      EmbeddedQueue.#openFolder(join(path, 'dead-letters'), options, () => null),
    );
  }

  static async #openFolder(
    folder: string,
    options: EmbeddedQueueOptions,
    openDeadLetters: (folder: string) => Promise<EmbeddedQueue> | null,
  ): Promise<EmbeddedQueue> {
    await makeFolder(folder);
    const lock = lockFolder(folder);
    try {
      const acks = new AckLog(folder, options.report);
      const backlog = new Backlog((journal) => acks.retire(journal));
      const recovered = await recover(folder, backlog, options.report);
      const deadLetters = await openDeadLetters(folder);
      return new EmbeddedQueue(folder, options, { lock, acks, backlog, recovered, deadLetters });
    } catch (cause) {
      lock.release();
      throw cause;
    }
  }

  private constructor(
    folder: string,
    options: EmbeddedQueueOptions,
    parts: { lock: Lock; acks: AckLog; backlog: Backlog; recovered: Recovered; deadLetters: EmbeddedQueue | null },
  ) {
    const { clock, report, queue_bytes_max, disk_free_bytes_min } = options;
    const { lock, acks, backlog, recovered, deadLetters } = parts;
    this.#clock = clock;
    this.#lock = lock;
    this.#acks = acks;
    this.#backlog = backlog;
    this.#corruptPlaces = recovered.corrupt_places;
    this.deadLetters = deadLetters;
    this.#cursor = new Cursor(backlog, ({ path }, bytes) => {
      this.#corruptPlaces += 1;
      report({ code: 'corrupt', detail: `${bytes} bytes of ${path}` });
    });
    this.#delivery = new Delivery(
      {
        clock,
        report,
        attempts_max: options.attempts_max ?? 100,
        out_max: options.out_max ?? 1_000,
        lease_ms: options.lease_ms ?? 600_000,
        bury: deadLetters === null ? null : (message) => deadLetters.#writer.append([message]),
      },
      backlog,
      this.#cursor,
      acks,
    );
    this.#writer = new Writer(
      {
        folder,
        first_sequence: recovered.next_sequence,
        clock,
        report,
        queue_bytes_max,
        disk_free_bytes_min,
        waiting_bytes_max: options.waiting_bytes_max ?? 67_108_864,
        journal_bytes_max:
          options.journal_bytes_max ?? Math.min(JOURNAL_BYTES_MAX, Math.floor(queue_bytes_max / JOURNALS_MIN)),
        sync: options.sync ?? true,
        openJournal: options.openJournal ?? openJournal,
      },
      backlog,
      () => this.#delivery.changed(),
    );
  }

  /**
   * Resolves when the message is on disk.
   *
   * @throws QueueFullError; RangeError over 128,000 bytes; anything else: it could not be made durable
   */
  send(body: Uint8Array, options: { contentType: 'bytes' }): Promise<void> {
    return this.sendBatch([{ body, ...options }]);
  }

  /** All of them or, when it throws, none that anybody may count on. @throws as `send`; RangeError over 100 messages */
  async sendBatch(messages: { body: Uint8Array; contentType: 'bytes' }[]): Promise<void> {
    if (messages.length < 1 || messages.length > BATCH_MESSAGES_MAX) {
      throw new RangeError(`A batch holds from 1 to ${BATCH_MESSAGES_MAX} messages, not ${messages.length}.`);
    }
    const largest = Math.max(...messages.map(({ body }) => body.byteLength));
    if (largest > MESSAGE_BYTES_MAX) {
      throw new RangeError(`A message holds at most ${MESSAGE_BYTES_MAX} bytes, not ${largest}.`);
    }
    const arrival = this.#clock.now();
    await this.#writer.append(messages.map(({ body }): Message => ({ body, arrival })));
  }

  /**
   * Exact: a message counts from the call that sends it until it is acknowledged, while leased and delayed too. Dead
   * letters are not counted here, but in `deadLetters.metrics()`, where they keep their arrival.
   */
  async metrics(): Promise<QueueMetrics> {
    if (this.#closing !== null) throw new QueueClosedError();
    while (!this.#cursor.settled) await this.#cursor.peek();
    // No await from here on: a message that moves on meanwhile would count twice or not at all.
    const memory = [...this.#writer.memory()];
    const arrivals = [this.#backlog.oldestUnread(), this.#delivery.leases.oldest()].filter(
      (arrival) => arrival !== null,
    );
    const oldest = memory.reduce((least, { arrival }) => Math.min(least, arrival), Math.min(...arrivals));
    return {
      backlogCount: this.#backlog.total.messages + memory.length,
      backlogBytes: memory.reduce((sum, { body }) => sum + body.byteLength, this.#backlog.body_bytes),
      ...(Number.isFinite(oldest) ? { oldestMessageTimestamp: new Date(oldest) } : {}),
    };
  }

  stats(): EmbeddedQueueStats {
    const { size, leased } = this.#delivery.leases;
    return {
      ...this.#writer.stats,
      leased,
      delayed: size - leased,
      dead: this.deadLetters === null ? 0 : this.deadLetters.#backlog.total.messages,
      corrupt: this.#corruptPlaces,
      journals: this.#backlog.journals,
    };
  }

  /** Resolves when so much can be leased, or all that may be out; or when the signal is aborted. @throws QueueClosedError */
  async waitForMessages(signal: AbortSignal, enough: Enough = { messages: 1, bytes: 0 }): Promise<void> {
    await this.#delivery.waitForMessages(signal, enough);
  }

  /** The next messages in order, those given back first; the first whatever its size. @param bytesMax of bodies */
  lease(max: number, bytesMax: number): Promise<LeasedMessage[]> {
    return this.#delivery.lease(max, bytesMax);
  }

  /** @throws CorruptMessageError */
  read(reference: MessageReference): Promise<Uint8Array> {
    return readMessage(reference);
  }

  /** Done with. Ids that are not out are passed over. */
  ack(ids: Iterable<string>): Promise<void> {
    return this.#delivery.ack(ids);
  }

  /** To be given out again, at the earliest after `delayMs`. */
  retry(ids: Iterable<string>, delayMs: number): void {
    this.#delivery.retry(ids, delayMs);
  }

  /** Gives back all that is leased: whoever held it is gone. */
  releaseAll(): void {
    this.#delivery.releaseAll();
  }

  /** Writes what was sent, refuses what is sent from now on. Leases end: the messages come again after the next open. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#delivery.close();
    await this.#writer.close();
    await this.#acks.settled();
    await this.#cursor.close();
    await this.deadLetters?.close();
    this.#lock.release();
  }
}
