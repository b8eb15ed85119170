/**
 * What waits for one subscriber, within a bound. An iterator by hand, not a generator: it can be ended while somebody waits
 * for its next value, which is what most subscribers do most of the time.
 */
export interface BufferBounds {
  readonly values: number;
  /** Of all that wait here. */
  readonly weight: number;
  /** Shared by several buffers. */
  readonly together: Together;
}

/** What waits in several buffers, and how much of it may. */
export interface Together {
  readonly weight_max: number;
  weight: number;
}

interface Waiting<Value> {
  readonly value: Value;
  readonly weight: number;
}

export class LiveBuffer<Value> implements AsyncIterableIterator<Value, undefined> {
  readonly #bounds: BufferBounds;
  readonly #ended: () => void;
  readonly #waiting: Waiting<Value>[] = [];
  #weight = 0;
  #taker: ((result: IteratorResult<Value, undefined>) => void) | null = null;
  #isOpen = true;

  /** @param ended told once, whoever ends it */
  constructor(bounds: BufferBounds, ended: () => void) {
    this.#bounds = bounds;
    this.#ended = ended;
  }

  /** @returns whether there was room for it */
  push(value: Value, weight: number): boolean {
    if (!this.#isOpen) return true;
    if (this.#taker !== null) {
      this.#give({ value, done: false });
      return true;
    }
    const { values, weight: most, together } = this.#bounds;
    const isFull = this.#waiting.length >= values || this.#weight + weight > most;
    if (isFull || together.weight + weight > together.weight_max) return false;
    this.#waiting.push({ value, weight });
    this.#weigh(weight);
    return true;
  }

  /** Takes no more. What waits is dropped, and the last value comes in its place. */
  endWith(last: Value): void {
    if (!this.#isOpen) return;
    this.#drop();
    if (this.#taker === null) this.#waiting.push({ value: last, weight: 0 });
    else this.#give({ value: last, done: false });
    this.#close();
  }

  async next(): Promise<IteratorResult<Value, undefined>> {
    const first = this.#waiting.shift();
    if (first !== undefined) {
      this.#weigh(-first.weight);
      return { value: first.value, done: false };
    }
    if (!this.#isOpen) return { value: undefined, done: true };
    const { promise, resolve } = Promise.withResolvers<IteratorResult<Value, undefined>>();
    // Whoever asks twice at a time gets an end for the first: nobody of ours does.
    this.#give({ value: undefined, done: true });
    this.#taker = resolve;
    return promise;
  }

  async return(): Promise<IteratorResult<Value, undefined>> {
    this.#drop();
    this.#close();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #drop(): void {
    this.#waiting.length = 0;
    this.#weigh(-this.#weight);
  }

  #weigh(weight: number): void {
    this.#weight += weight;
    this.#bounds.together.weight += weight;
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#give({ value: undefined, done: true });
    this.#ended();
  }

  #give(result: IteratorResult<Value, undefined>): void {
    const taker = this.#taker;
    this.#taker = null;
    taker?.(result);
  }
}
