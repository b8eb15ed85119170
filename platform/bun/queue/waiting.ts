/** Those who wait for messages. Woken by what changes the queue, or by the clock; nobody polls. */
export interface Waiting {
  /** Whether the wait is over. */
  readonly isOver: () => boolean;
  readonly resolve: () => void;
  readonly reject: (cause: Error) => void;
}

/** setTimeout fires at once beyond this. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export class WaitingRoom {
  readonly #waiting = new Set<Waiting>();
  readonly #untilNext: () => number | null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** @param untilNext milliseconds until something changes by itself; null when nothing will */
  constructor(untilNext: () => number | null) {
    this.#untilNext = untilNext;
  }

  /** Resolves when `isOver` holds, looked at on each `wake`, or when the signal is aborted. */
  async wait(isOver: () => boolean, signal: AbortSignal): Promise<void> {
    if (isOver() || signal.aborted) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { isOver, resolve, reject };
    const stop = (): void => resolve();
    this.#waiting.add(waiting);
    signal.addEventListener('abort', stop, { once: true });
    this.#setTimer();
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', stop);
      this.#waiting.delete(waiting);
      this.#setTimer();
    }
  }

  /** Something changed. */
  wake(): void {
    for (const waiting of this.#waiting) if (waiting.isOver()) waiting.resolve();
    this.#setTimer();
  }

  /** Ends every wait. */
  close(cause: Error): void {
    for (const waiting of this.#waiting) waiting.reject(cause);
  }

  #setTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const milliseconds = this.#waiting.size > 0 ? this.#untilNext() : null;
    if (milliseconds === null) return;
    this.#timer = setTimeout(() => this.wake(), Math.min(milliseconds, TIMER_MS_MAX));
  }
}
