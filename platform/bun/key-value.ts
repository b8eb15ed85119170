import type { Clock, KeyValue } from '../ports.ts';
import { systemClock } from './system.ts';

const ENTRIES_MAX = 10_000;
/** Workers KV refuses less. */
const TTL_SECONDS_MIN = 60;

/** A cache in memory: the entries used longest ago go first. */
export function keyValue(clock: Clock = systemClock, entriesMax = ENTRIES_MAX): KeyValue {
  // A Map keeps the order of insertion, so its first key is the one used longest ago.
  const entries = new Map<string, { value: string; expires: number }>();

  return {
    async get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return null;
      entries.delete(key);
      if (entry.expires <= clock.now()) return null;
      entries.set(key, entry);
      return entry.value;
    },
    async put(key, value, options = {}) {
      const ttl = options.expirationTtl ?? Number.POSITIVE_INFINITY;
      if (!(ttl >= TTL_SECONDS_MIN)) throw new RangeError(`expirationTtl is at least ${TTL_SECONDS_MIN} seconds`);
      entries.delete(key);
      entries.set(key, { value, expires: clock.now() + ttl * 1_000 });
      for (const oldest of entries.keys()) {
        if (entries.size <= entriesMax) break;
        entries.delete(oldest);
      }
    },
    async delete(key) {
      entries.delete(key);
    },
  };
}
