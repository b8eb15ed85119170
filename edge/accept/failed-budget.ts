/** How many failed events of a source are still kept today. One process counts for itself. */

const DAY_MS = 86_400_000;
const SOURCES_MAX = 10_000;

export class FailedBudget {
  readonly #per_day: number;
  readonly #used = new Map<string, number>();
  #day = 0;

  /** @param per_day failed events kept of each source and UTC day */
  constructor(per_day: number) {
    this.#per_day = per_day;
  }

  /** @returns how many of `wanted` may be kept, and counts them as kept. */
  take(source: string, now: number, wanted: number): number {
    const day = Math.floor(now / DAY_MS);
    if (day !== this.#day) {
      this.#day = day;
      this.#used.clear();
    }
    const used = this.#used.get(source) ?? 0;
    // More sources than this in one day are counted as if they were one: the memory stays bounded.
    const name = this.#used.has(source) || this.#used.size < SOURCES_MAX ? source : '';
    const granted = Math.max(0, Math.min(wanted, this.#per_day - (name === source ? used : (this.#used.get('') ?? 0))));
    this.#used.set(name, (this.#used.get(name) ?? 0) + granted);
    return granted;
  }
}
