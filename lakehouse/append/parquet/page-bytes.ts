/** The bytes of one page, with values as Parquet's PLAIN encoding has them. */
import { Buffer } from 'node:buffer';

const TWO_TO_32 = 0x1_0000_0000;

/** A buffer that grows, and is used again for the next page. */
export class PageBytes {
  length = 0;
  #bytes = Buffer.allocUnsafeSlow(65_536);
  #view = new DataView(this.#bytes.buffer);

  clear(): void {
    this.length = 0;
  }

  /** Valid until the next append. */
  from(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.length);
  }

  /** Length in bytes, then UTF-8, in which half of a surrogate pair becomes U+FFFD. */
  appendText(text: string): void {
    this.reserve(4 + 3 * text.length);
    const length = this.#bytes.write(text, this.length + 4);
    this.#view.setUint32(this.length, length, true);
    this.length += 4 + length;
  }

  /** @param text canonical */
  appendUuid(text: string): void {
    this.reserve(16);
    const length = this.#bytes.write(text.replaceAll('-', ''), this.length, 'hex');
    if (length !== 16) throw new RangeError(`${text} is not a UUID`);
    this.length += length;
  }

  /** As 64 bits of microseconds. In two halves, since a BigInt for each value costs several times as much. */
  appendTime(milliseconds: number): void {
    if (!Number.isSafeInteger(milliseconds)) throw new RangeError(`${milliseconds} is not a time in milliseconds`);
    const high = Math.floor(milliseconds / TWO_TO_32);
    const low = (milliseconds - high * TWO_TO_32) * 1_000;
    this.reserve(8);
    this.#view.setUint32(this.length, low, true);
    this.#view.setInt32(this.length + 4, high * 1_000 + Math.floor(low / TWO_TO_32), true);
    this.length += 8;
  }

  appendInt32(value: number): void {
    if ((value | 0) !== value) throw new RangeError(`${value} is not a 32-bit integer`);
    this.reserve(4);
    this.setUint32(this.length, value);
    this.length += 4;
  }

  appendDouble(value: number): void {
    this.reserve(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** There must be room. */
  appendByte(value: number): void {
    this.#bytes[this.length] = value;
    this.length += 1;
  }

  setUint32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  /** Makes room for so many more bytes. */
  reserve(size: number): void {
    const needed = this.length + size;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.from(0));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
