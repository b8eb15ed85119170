import type { FileHandle } from 'node:fs/promises';

/** A file seen through a buffer that moves along it: neighbours cost one read. */
export class Window {
  readonly #file: FileHandle;
  readonly #buffer: Buffer;
  #start = 0;
  #filled = 0;

  /** @param buffer_bytes the most that one view can show */
  constructor(file: FileHandle, buffer_bytes: number) {
    this.#file = file;
    this.#buffer = Buffer.allocUnsafe(buffer_bytes);
  }

  /**
   * Up to `bytes` bytes from `from`, fewer where the buffer or the file ends. Valid until the next call.
   *
   * @param limit never reads at or after it: there the file may still be written
   */
  async view(from: number, bytes: number, limit: number): Promise<Buffer> {
    const to = Math.min(from + bytes, limit);
    if (from < this.#start || to > this.#start + this.#filled) {
      const length = Math.min(this.#buffer.length, limit - from);
      const { bytesRead } = await this.#file.read(this.#buffer, 0, length, from);
      this.#start = from;
      this.#filled = bytesRead;
    }
    return this.#buffer.subarray(from - this.#start, Math.min(to - this.#start, this.#filled));
  }
}
