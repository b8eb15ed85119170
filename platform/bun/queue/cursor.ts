/** Walks through the journals in order, reading headers only. Holds one message ahead and one open file. */
import { type FileHandle, open } from 'node:fs/promises';
import type { Backlog, Journal } from './backlog.ts';
import { decodeHeader, type FrameHeader, HEADER_BYTES } from './frame.ts';
import { scanJournal } from './scan.ts';
import { Window } from './window.ts';

const WINDOW_BYTES = 65_536;

export interface Found {
  readonly journal: Journal;
  /** Of the frame, bytes. */
  readonly offset: number;
  readonly header: FrameHeader;
}

export class Cursor {
  readonly #backlog: Backlog;
  readonly #onCorrupt: (journal: Journal, bytes: number) => void;
  #next: Found | null = null;
  #looking: Promise<Found | null> | null = null;
  #open: { journal: Journal; file: FileHandle; window: Window } | null = null;

  /** @param onCorrupt told when bytes in the way of the cursor were no message */
  constructor(backlog: Backlog, onCorrupt: (journal: Journal, bytes: number) => void) {
    this.#backlog = backlog;
    this.#onCorrupt = onCorrupt;
  }

  /** The next message to give out; null without one. Stays the same until it is taken. */
  async peek(): Promise<Found | null> {
    if (this.#next !== null) return this.#next;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  /** Whether `peek` would answer without reading. */
  get settled(): boolean {
    return this.#next !== null || this.#backlog.total.unread === 0;
  }

  /** @returns false when somebody else took it since `peek` */
  take(found: Found): boolean {
    if (this.#next !== found) return false;
    this.#next = null;
    this.#backlog.take(found.journal, HEADER_BYTES + found.header.length);
    return true;
  }

  async close(): Promise<void> {
    await this.#looking?.catch(() => undefined);
    await this.#open?.file.close();
    this.#open = null;
  }

  async #look(): Promise<Found | null> {
    for (let journal = this.#backlog.firstUnread(); journal !== null; journal = this.#backlog.firstUnread()) {
      const offset = journal.position;
      const header = await this.#header(journal);
      if (header !== null) {
        journal.arrival = header.arrival;
        this.#next = { journal, offset, header };
        return this.#next;
      }
      await this.#skipCorrupt(journal);
    }
    return null;
  }

  async #header(journal: Journal): Promise<FrameHeader | null> {
    const limit = journal.end;
    const window = await this.#windowOf(journal);
    const header = decodeHeader(await window.view(journal.position, HEADER_BYTES, limit), 0);
    return header !== null && journal.position + HEADER_BYTES + header.length <= limit ? header : null;
  }

  async #windowOf(journal: Journal): Promise<Window> {
    if (this.#open?.journal === journal) return this.#open.window;
    await this.#open?.file.close();
    this.#open = null;
    const file = await open(journal.path, 'r');
    const window = new Window(file, WINDOW_BYTES);
    this.#open = { journal, file, window };
    return window;
  }

  /** The journal may grow meanwhile. */
  async #skipCorrupt(journal: Journal): Promise<void> {
    const { unread, unread_bytes } = journal;
    const scan = await scanJournal(journal.path, journal.position, journal.end, new Set());
    this.#backlog.correct(journal, scan, { unread, unread_bytes });
    // All of it was durable once: what is torn now is corrupt too.
    this.#onCorrupt(journal, scan.corrupt_bytes + scan.torn_bytes);
  }
}
