/**
 * What lies in the journals, in numbers: a few a journal, however many messages wait. Arrivals never fall inside one
 * journal, so the oldest message is the first of some journal, or one that is out for delivery.
 */
import { frameBytes, HEADER_BYTES, type Message } from './frame.ts';
import type { Scan } from './scan.ts';

interface Counts {
  /** Messages not acknowledged. */
  messages: number;
  /** Bytes of their frames. */
  bytes: number;
  /** Those of them that were not given out yet. */
  unread: number;
  unread_bytes: number;
}

export interface Journal extends Counts {
  readonly sequence: number;
  readonly path: string;
  /** End of what is durable; nothing after it is read. */
  end: number;
  /** Takes no more messages. */
  sealed: boolean;
  /** Offset of the next message to give out. */
  position: number;
  /** Arrival of the message at `position`; null while nobody has looked. */
  arrival: number | null;
  /** Where nothing is to be given out between two messages: from an offset to an offset. */
  gaps: ReadonlyMap<number, number>;
  /** Holds bytes that are no message; the file is kept. */
  corrupt: boolean;
}

export class Backlog {
  /** In order of sequence. */
  readonly #journals = new Map<number, Journal>();
  readonly #total: Counts = { messages: 0, bytes: 0, unread: 0, unread_bytes: 0 };
  readonly #onFinished: (journal: Journal) => void;
  #diskBytes = 0;

  /** @param onFinished told of each sealed journal of which no message is left; the backlog has forgotten it */
  constructor(onFinished: (journal: Journal) => void) {
    this.#onFinished = onFinished;
  }

  get total(): Readonly<Counts> {
    return this.#total;
  }

  /** Bytes of the bodies that are not acknowledged. */
  get body_bytes(): number {
    return this.#total.bytes - this.#total.messages * HEADER_BYTES;
  }

  /** A sealed journal counts whole, as it stays until the last of its messages goes; the open one what is not acknowledged. */
  get disk_bytes(): number {
    return this.#diskBytes;
  }

  get journals(): number {
    return this.#journals.size;
  }

  get(sequence: number): Journal | undefined {
    return this.#journals.get(sequence);
  }

  /** The journal of the next message to give out. */
  firstUnread(): Journal | null {
    for (const journal of this.#journals.values()) if (journal.unread > 0) return journal;
    return null;
  }

  /** Least arrival of the messages not given out, as far as known; null without any. */
  oldestUnread(): number | null {
    let oldest: number | null = null;
    for (const { unread, arrival } of this.#journals.values()) {
      if (unread > 0 && arrival !== null) oldest = Math.min(oldest ?? arrival, arrival);
    }
    return oldest;
  }

  begin(sequence: number, path: string): Journal {
    const journal: Journal = {
      sequence,
      path,
      messages: 0,
      bytes: 0,
      unread: 0,
      unread_bytes: 0,
      end: 0,
      sealed: false,
      position: 0,
      arrival: null,
      gaps: new Map(),
      corrupt: false,
    };
    this.#journals.set(sequence, journal);
    return journal;
  }

  /** These messages lie durably at the end of the journal. */
  grow(journal: Journal, messages: readonly Message[]): void {
    const bytes = messages.reduce((sum, message) => sum + frameBytes(message), 0);
    if (journal.unread === 0) journal.arrival = messages[0]?.arrival ?? null;
    journal.end += bytes;
    this.#diskBytes += bytes;
    this.#add(journal, messages.length, bytes);
    this.#addUnread(journal, messages.length, bytes);
  }

  /** A journal that was there at start. */
  adopt(sequence: number, path: string, scan: Scan): void {
    const journal = this.begin(sequence, path);
    journal.end = scan.end;
    this.#diskBytes += scan.bytes;
    this.#add(journal, scan.messages, scan.bytes);
    this.#addUnread(journal, scan.messages, scan.bytes);
    this.#place(journal, scan);
    this.seal(journal);
  }

  /** Bytes at `position` are no message: what counted as unread before the scan, and is not in it, is lost. */
  correct(journal: Journal, scan: Scan, counted: Readonly<Pick<Counts, 'unread' | 'unread_bytes'>>): void {
    const lost = counted.unread - scan.messages;
    const lostBytes = counted.unread_bytes - scan.bytes;
    this.#place(journal, scan);
    journal.corrupt = true;
    this.#addUnread(journal, -lost, -lostBytes);
    this.#remove(journal, lost, lostBytes);
  }

  /** The message at `position` is given out. */
  take(journal: Journal, frame_bytes: number): void {
    const after = journal.position + frame_bytes;
    journal.position = journal.gaps.get(after) ?? after;
    journal.arrival = null;
    this.#addUnread(journal, -1, -frame_bytes);
  }

  /** A message that was given out is done with. */
  settle(journal: Journal, frame_bytes: number): void {
    this.#remove(journal, 1, frame_bytes);
  }

  seal(journal: Journal): void {
    journal.sealed = true;
    this.#diskBytes += journal.end - journal.bytes;
    this.#forgetWhenDone(journal);
  }

  #place(journal: Journal, scan: Scan): void {
    journal.position = scan.position;
    journal.arrival = scan.arrival;
    journal.gaps = scan.gaps;
    journal.corrupt ||= scan.corrupt_places > 0;
  }

  #remove(journal: Journal, messages: number, bytes: number): void {
    this.#add(journal, -messages, -bytes);
    if (!journal.sealed) this.#diskBytes -= bytes;
    this.#forgetWhenDone(journal);
  }

  #forgetWhenDone(journal: Journal): void {
    if (!journal.sealed || journal.messages > 0) return;
    this.#diskBytes -= journal.end;
    this.#journals.delete(journal.sequence);
    this.#onFinished(journal);
  }

  #add(journal: Journal, messages: number, bytes: number): void {
    for (const counts of [journal, this.#total]) {
      counts.messages += messages;
      counts.bytes += bytes;
    }
  }

  #addUnread(journal: Journal, messages: number, bytes: number): void {
    for (const counts of [journal, this.#total]) {
      counts.unread += messages;
      counts.unread_bytes += bytes;
    }
  }
}
