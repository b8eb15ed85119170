import type { Clock } from '../../platform/ports.ts';

/** A token that waited may ask for this long at once. */
const BURST_SECONDS = 2;
const TOKENS_MAX = 10_000;

interface Bucket {
  requests: number;
  /** When it was filled last, epoch milliseconds. */
  filled_at: number;
}

/**
 * A bucket for each read token, which fills with time. It is this process's own: several processes, or the isolates of a
 * Worker, each let as many through.
 */
export class RateLimit {
  readonly #buckets = new Map<string, Bucket>();
  readonly #clock: Pick<Clock, 'now'>;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Takes one request out of the bucket. @returns whether there was one */
  take(id: string, requests_per_second: number): boolean {
    const now = this.#clock.now();
    const most = requests_per_second * BURST_SECONDS;
    const bucket = this.#buckets.get(id) ?? this.#add(id, { requests: most, filled_at: now });
    // A clock that was set back fills nothing.
    const elapsed_ms = Math.max(0, now - bucket.filled_at);
    bucket.requests = Math.min(most, bucket.requests + (elapsed_ms / 1_000) * requests_per_second);
    bucket.filled_at = now;
    if (bucket.requests < 1) return false;
    bucket.requests -= 1;
    return true;
  }

  #add(id: string, bucket: Bucket): Bucket {
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size >= TOKENS_MAX && oldest !== undefined) this.#buckets.delete(oldest);
    this.#buckets.set(id, bucket);
    return bucket;
  }
}
