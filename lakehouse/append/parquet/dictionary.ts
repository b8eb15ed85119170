/** The distinct values of a leaf, and which of them stands where. */
import { bitWidthOf } from './hybrid.ts';
import { bytesOf } from './plain.ts';
import type { Leaf, Scalar } from './window.ts';

/** Of so many values nine in ten must not be distinct, or the rest is not looked at. */
const SAMPLE = 256;

export class Dictionary {
  #entries = new Map<Scalar, number>();
  /** Of each value that is not null. */
  readonly indexes: number[] = [];
  bit_width = 0;

  get size(): number {
    return this.#entries.size;
  }
  get entries(): Iterable<Scalar> {
    return this.#entries.keys();
  }

  /** @returns whether it takes half of the bytes of the values at most; else it is not to be used */
  build({ type, cells, places }: Leaf): boolean {
    const entries = new Map<Scalar, number>();
    this.#entries = entries;
    const { indexes } = this;
    const end = places.count;
    let count = 0;
    let plainBytes = 0;
    let entryBytes = 0;
    let bytes = 0;
    let index = 0;
    let last: Scalar | null = null;
    for (let place = 0; place < end; place += 1) {
      const value = cells[place] ?? null;
      if (value === null) continue;
      // Rows of a user lie together, so that most values are those of the row before.
      if (value !== last) {
        last = value;
        bytes = bytesOf(type, value);
        index = entries.get(value) ?? entries.size;
        if (index === entries.size) {
          entries.set(value, index);
          entryBytes += bytes;
        }
      }
      plainBytes += bytes;
      indexes[count] = index;
      count += 1;
      if (count === SAMPLE && entries.size > 0.9 * SAMPLE) return false;
    }
    this.bit_width = bitWidthOf(entries.size - 1);
    return count > 0 && 2 * (entryBytes + (count * this.bit_width) / 8) <= plainBytes;
  }
}
