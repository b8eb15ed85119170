/**
 * Group commit: all messages that wait go to disk with one write and one fdatasync, off the event loop, while the next
 * group gathers. A journal whose write or sync failed takes nothing more: after a failed fdatasync the kernel may count
 * lost pages as clean, so trying again on the same file proves nothing.
 */
import type { Clock } from '../../ports.ts';
import type { Backlog, Journal } from './backlog.ts';
import { DiskGuard } from './disk.ts';
import { QueueClosedError, QueueFullError, type Report } from './errors.ts';
import { type JournalFile, journalPath, type OpenJournal, syncFolder } from './files.ts';
import { encodeFrames, frameBytes, type Message } from './frame.ts';

export interface WriterOptions {
  readonly folder: string;
  readonly first_sequence: number;
  readonly clock: Clock;
  readonly queue_bytes_max: number;
  readonly disk_free_bytes_min: number;
  readonly waiting_bytes_max: number;
  readonly journal_bytes_max: number;
  readonly sync: boolean;
  readonly openJournal: OpenJournal;
  readonly report: Report;
}

interface Waiter {
  readonly messages: readonly Message[];
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

interface Active {
  readonly journal: Journal;
  readonly file: JournalFile;
  /** Arrival of its last message. */
  arrival: number;
}

export class Writer {
  readonly stats = { flushes: 0, messages: 0, bytes: 0 };
  readonly #options: WriterOptions;
  readonly #backlog: Backlog;
  readonly #disk: DiskGuard;
  readonly #onFlushed: () => void;
  #sequence: number;
  #active: Active | null = null;
  #waiting: Waiter[] = [];
  /** The group on its way to disk. */
  #flushing: Waiter[] = [];
  /** Bytes of both. */
  #memoryBytes = 0;
  #loop: Promise<void> | null = null;
  #closed = false;

  constructor(options: WriterOptions, backlog: Backlog, onFlushed: () => void) {
    this.#options = options;
    this.#backlog = backlog;
    this.#disk = new DiskGuard(options.folder, options.clock);
    this.#onFlushed = onFlushed;
    this.#sequence = options.first_sequence;
  }

  /**
   * Resolves when all of the messages are durable.
   *
   * @throws QueueFullError, QueueClosedError, or what the file system said
   */
  async append(messages: readonly Message[]): Promise<void> {
    const bytes = messages.reduce((sum, message) => sum + frameBytes(message), 0);
    this.#refuse(bytes);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ messages, bytes, resolve, reject });
    this.#memoryBytes += bytes;
    this.#loop ??= this.#run();
    return promise;
  }

  /** Messages not on disk yet, the group on its way included. */
  *memory(): Generator<Message> {
    for (const waiter of this.#flushing) yield* waiter.messages;
    for (const waiter of this.#waiting) yield* waiter.messages;
  }

  /** What waits is still written. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#loop;
    await this.#active?.file.close();
    this.#active = null;
  }

  #refuse(bytes: number): void {
    const { waiting_bytes_max, queue_bytes_max, disk_free_bytes_min } = this.#options;
    if (this.#closed) throw new QueueClosedError();
    const memory = this.#memoryBytes + bytes;
    if (memory > waiting_bytes_max) throw new QueueFullError(`${this.#memoryBytes} bytes wait for the disk`);
    if (this.#backlog.disk_bytes + memory > queue_bytes_max) {
      throw new QueueFullError(`${this.#backlog.disk_bytes} of ${queue_bytes_max} bytes are taken`);
    }
    const free = this.#disk.free();
    if (free - memory < disk_free_bytes_min) {
      throw new QueueFullError(`the disk has ${free} bytes left and must keep ${disk_free_bytes_min}`);
    }
  }

  async #run(): Promise<void> {
    // All that is sent in the same turn shares the first flush.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#flushing = group;
      this.#waiting = [];
      const outcome = await this.#flush(group).then(
        () => null,
        (cause: unknown) => ({ cause }),
      );
      if (outcome === null) for (const waiter of group) waiter.resolve();
      else for (const waiter of group) waiter.reject(outcome.cause);
    }
    this.#loop = null;
  }

  async #flush(group: readonly Waiter[]): Promise<void> {
    const bytes = group.reduce((sum, waiter) => sum + waiter.bytes, 0);
    try {
      const messages = inOrderOfArrival(group.flatMap((waiter) => waiter.messages));
      const active = await this.#journalFor(messages, bytes);
      await active.file.write(encodeFrames(messages, active.journal.end), active.journal.end);
      if (this.#options.sync) await active.file.sync();
      active.arrival = messages.at(-1)?.arrival ?? active.arrival;
      this.#backlog.grow(active.journal, messages);
      this.stats.flushes += 1;
      this.stats.messages += messages.length;
      this.stats.bytes += bytes;
    } catch (cause) {
      await this.#leave();
      this.#options.report({ code: 'flush_failed', detail: `${bytes} bytes could not be made durable`, cause });
      throw cause;
    } finally {
      this.#flushing = [];
      this.#memoryBytes -= bytes;
    }
    this.#onFlushed();
  }

  async #journalFor(messages: readonly Message[], bytes: number): Promise<Active> {
    const active = this.#active;
    const arrival = messages[0]?.arrival ?? 0;
    // A clock that was set back begins a new journal, so that arrivals never fall inside one.
    if (active !== null && active.journal.end + bytes <= this.#options.journal_bytes_max && arrival >= active.arrival) {
      return active;
    }
    await this.#leave();
    return this.#begin(arrival);
  }

  async #begin(arrival: number): Promise<Active> {
    const { folder, openJournal, sync } = this.#options;
    const sequence = this.#sequence;
    this.#sequence += 1;
    const path = journalPath(folder, sequence);
    const file = await openJournal(path);
    this.#active = { journal: this.#backlog.begin(sequence, path), file, arrival };
    // Without this a power cut could take the whole file, name and all.
    if (sync) await syncFolder(folder);
    return this.#active;
  }

  /** Seals the journal being written. */
  async #leave(): Promise<void> {
    const active = this.#active;
    if (active === null) return;
    this.#active = null;
    await active.file.close().catch(() => undefined);
    this.#backlog.seal(active.journal);
  }
}

/** Puts each arrival at or before the next one: where the clock was set back, the smaller one is the safe one. */
function inOrderOfArrival(messages: readonly Message[]): Message[] {
  let next = Number.POSITIVE_INFINITY;
  return messages
    .toReversed()
    .map(({ body, arrival }) => {
      next = Math.min(next, arrival);
      return { body, arrival: next };
    })
    .toReversed();
}
