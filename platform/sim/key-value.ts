import type { Clock, KeyValue } from '../ports.ts';

/** Workers KV refuses less. */
const TTL_SECONDS_MIN = 60;

/** A key-value cache in memory, whose values expire by the clock. */
export function memoryCache(clock: Clock): KeyValue {
  const entries = new Map<string, { value: string; expires: number }>();

  return {
    async get(key) {
      const entry = entries.get(key);
      return entry === undefined || entry.expires <= clock.now() ? null : entry.value;
    },
    async put(key, value, { expirationTtl = Number.POSITIVE_INFINITY } = {}) {
      if (!(expirationTtl >= TTL_SECONDS_MIN))
        throw new RangeError(`expirationTtl is at least ${TTL_SECONDS_MIN} seconds`);
      entries.set(key, { value, expires: clock.now() + expirationTtl * 1_000 });
    },
    async delete(key) {
      entries.delete(key);
    },
  };
}
