/** Counts durations in steps of about 3%, so that memory does not grow with the length of a run. */
const STEP = Math.log(1.03);
const STEPS = 1_000;

export class Histogram {
  private readonly counts = new Uint32Array(STEPS);
  private total = 0;
  private longest = 0;

  /** @param microseconds up to about 10^12 */
  add(microseconds: number): void {
    const step = microseconds <= 1 ? 0 : Math.min(STEPS - 1, Math.round(Math.log(microseconds) / STEP));
    this.counts[step] = (this.counts[step] ?? 0) + 1;
    this.total++;
    if (microseconds > this.longest) this.longest = microseconds;
  }

  /** @returns the duration that `share` (0 to 1) of all stay under, in milliseconds; 0 where there are none */
  quantile(share: number): number {
    let left = share * this.total;
    for (const [step, count] of this.counts.entries()) {
      left -= count;
      if (left <= 0 && this.total > 0) return Math.min(Math.exp(step * STEP), this.longest) / 1_000;
    }
    return 0;
  }

  /** Milliseconds. */
  get max(): number {
    return this.longest / 1_000;
  }

  clear(): void {
    this.counts.fill(0);
    this.total = 0;
    this.longest = 0;
  }
}
