/** Of the time, how much of it somebody has had work: going by the last seconds, the latest counting most. */
export class LoadShare {
  /** Of the latest span, in the mean over all. */
  static readonly #WEIGHT = 0.2;
  #share = 0;
  #before: Reading;

  constructor(first: Reading) {
    this.#before = first;
  }

  /** @param now read about a second after the one before. @returns from 0 to 1 */
  add(now: Reading): number {
    const span_ms = now.at_ms - this.#before.at_ms;
    if (span_ms > 0) this.#share += ((now.busy_ms - this.#before.busy_ms) / span_ms - this.#share) * LoadShare.#WEIGHT;
    this.#before = now;
    return this.#share;
  }
}

interface Reading {
  readonly at_ms: number;
  /** How long it has had work up to then. */
  readonly busy_ms: number;
}
