/**
 * Which messages of a journal are done with: their offsets, each followed by its complement, so that the zeros which a
 * power cut may leave in a file that is never synced acknowledge nothing. A lost entry only means a redelivery.
 */
import { appendFile, readFile, rename, rm } from 'node:fs/promises';
import type { Journal } from './backlog.ts';
import type { Report } from './errors.ts';
import { acksPath } from './files.ts';

const ENTRY_BYTES = 8;

/** Writes the acknowledgements and clears finished journals away, one after the other. */
export class AckLog {
  readonly #folder: string;
  readonly #report: Report;
  #last: Promise<void> = Promise.resolve();

  constructor(folder: string, report: Report) {
    this.#folder = folder;
    this.#report = report;
  }

  /** Never rejects. */
  note(journal: Journal, offsets: readonly number[]): Promise<void> {
    return this.#after(() => appendFile(acksPath(this.#folder, journal.sequence), encodeAcks(offsets)));
  }

  /** All messages of the journal are done with. Never rejects. */
  retire(journal: Journal): Promise<void> {
    return this.#after(async () => {
      if (journal.corrupt) await rename(journal.path, `${journal.path}.corrupt`);
      else await rm(journal.path, { force: true });
      // Only now: without its acks a journal would be delivered once more.
      await rm(acksPath(this.#folder, journal.sequence), { force: true });
    });
  }

  /** Resolves when all is written. */
  settled(): Promise<void> {
    return this.#last;
  }

  #after(work: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(work).catch((cause: unknown) => {
      this.#report({ code: 'ack_failed', detail: `messages in ${this.#folder} will be delivered again`, cause });
    });
    return this.#last;
  }
}

function encodeAcks(offsets: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(offsets.length * ENTRY_BYTES);
  offsets.forEach((offset, index) => {
    bytes.writeUInt32LE(offset, index * ENTRY_BYTES);
    bytes.writeUInt32LE(~offset >>> 0, index * ENTRY_BYTES + 4);
  });
  return bytes;
}

/** @param path of a file that exists */
export async function readAcks(path: string): Promise<Set<number>> {
  const bytes = await readFile(path);
  const offsets = new Set<number>();
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
    const offset = bytes.readUInt32LE(at);
    if (bytes.readUInt32LE(at + 4) === ~offset >>> 0) offsets.add(offset);
  }
  return offsets;
}
