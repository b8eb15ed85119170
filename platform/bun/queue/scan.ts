/** Reads a journal from end to end and says what in it is still to be delivered. */
import { open } from 'node:fs/promises';
import { decodeHeader, HEADER_BYTES, isIntact, MAGIC, MESSAGE_BYTES_MAX } from './frame.ts';
import { Window } from './window.ts';

const WINDOW_BYTES = 1_048_576;

export interface Scan {
  /** Messages to deliver. */
  readonly messages: number;
  /** Bytes of their frames. */
  readonly bytes: number;
  /** Offset of the first one; without one, the end. */
  readonly position: number;
  /** Arrival of the first one. */
  readonly arrival: number | null;
  /** Where nothing is to be delivered between two messages: from the end of the one to the start of the other. */
  readonly gaps: ReadonlyMap<number, number>;
  /** End of the last intact frame. */
  readonly end: number;
  /** Bytes after `end` that are no message. */
  readonly torn_bytes: number;
  readonly corrupt_bytes: number;
  readonly corrupt_places: number;
}

/**
 * @param from where a frame begins
 * @param to the file counts as ending here
 * @param acked offsets of the frames that are done with
 */
export async function scanJournal(path: string, from: number, to: number, acked: ReadonlySet<number>): Promise<Scan> {
  const file = await open(path, 'r');
  try {
    const window = new Window(file, WINDOW_BYTES);
    const found = new Findings(from);
    for (let at = from; at < to; ) {
      const frame = await frameAt(window, at, to);
      if (frame === null) at = await findMagic(window, at + 1, to);
      else {
        found.frame(at, frame.bytes, acked.has(at) ? null : frame.arrival);
        at += frame.bytes;
      }
    }
    return found.scan(to);
  } finally {
    await file.close();
  }
}

/** What a scan has seen so far. */
class Findings {
  readonly #gaps = new Map<number, number>();
  #messages = 0;
  #bytes = 0;
  #first: { position: number; arrival: number } | null = null;
  /** End of the last frame, and of the last one to deliver. */
  #end: number;
  #delivered: number;
  #corruptBytes = 0;
  #corruptPlaces = 0;

  constructor(from: number) {
    this.#end = from;
    this.#delivered = from;
  }

  /** An intact frame. @param arrival null when it is not to be delivered */
  frame(at: number, bytes: number, arrival: number | null): void {
    if (at > this.#end) {
      this.#corruptBytes += at - this.#end;
      this.#corruptPlaces += 1;
    }
    this.#end = at + bytes;
    if (arrival === null) return;
    if (this.#first === null) this.#first = { position: at, arrival };
    else if (at > this.#delivered) this.#gaps.set(this.#delivered, at);
    this.#delivered = this.#end;
    this.#messages += 1;
    this.#bytes += bytes;
  }

  scan(to: number): Scan {
    return {
      messages: this.#messages,
      bytes: this.#bytes,
      position: this.#first?.position ?? this.#end,
      arrival: this.#first?.arrival ?? null,
      gaps: this.#gaps,
      end: this.#end,
      torn_bytes: to - this.#end,
      corrupt_bytes: this.#corruptBytes,
      corrupt_places: this.#corruptPlaces,
    };
  }
}

async function frameAt(window: Window, at: number, to: number): Promise<{ bytes: number; arrival: number } | null> {
  const header = decodeHeader(await window.view(at, HEADER_BYTES, to), 0);
  if (header === null) return null;
  const bytes = HEADER_BYTES + header.length;
  const frame = await window.view(at, bytes, to);
  return isIntact(frame, at) ? { bytes, arrival: header.arrival } : null;
}

/** Where the next frame may begin; `to` when nowhere. */
async function findMagic(window: Window, from: number, to: number): Promise<number> {
  for (let at = from; to - at >= HEADER_BYTES; ) {
    const view = await window.view(at, HEADER_BYTES + MESSAGE_BYTES_MAX, to);
    const found = view.indexOf(MAGIC);
    if (found >= 0) return at + found;
    if (view.length < MAGIC.length) break;
    // The magic may lie across the end of what was looked at.
    at += view.length - MAGIC.length + 1;
  }
  return to;
}
