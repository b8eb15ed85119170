/** Watches the space left on the disk; asks the system at most once a second. */
import { statfsSync } from 'node:fs';
import type { Clock } from '../../ports.ts';

const LOOK_EVERY_MS = 1_000;

export class DiskGuard {
  readonly #folder: string;
  readonly #clock: Clock;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #free = 0;

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** Bytes that this process may still fill. @throws the file system's error, as when the folder is gone */
  free(): number {
    const now = this.#clock.now();
    // Also when the clock was set back.
    if (Math.abs(now - this.#lookedAt) >= LOOK_EVERY_MS) {
      const { bavail, bsize } = statfsSync(this.#folder);
      this.#free = bavail * bsize;
      this.#lookedAt = now;
    }
    return this.#free;
  }
}
