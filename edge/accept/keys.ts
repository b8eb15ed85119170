/**
 * Which write keys are good. The database is the authority; this isolate and the KV cache hold what it said. A key is
 * refused only when the authority itself does not know it: SDKs drop what gets a 401.
 */
import type { Clock, Database, KeyValue } from '../../platform/ports.ts';
import { InletError } from '../../schemas/errors.ts';
import { isJsonObject } from '../../schemas/event.ts';

export interface WriteKey {
  readonly source: string;
  /** Secret keys stay on servers: their clocks are believed, and they may import. */
  readonly kind: 'public' | 'secret';
}

export interface Keys {
  /**
   * @returns null for a key that is not known or was revoked
   * @throws InletError authority_away
   */
  find(writeKey: string): WriteKey | null | Promise<WriteKey | null>;
}

/** What the authority said. Times are epoch milliseconds. */
interface Known {
  readonly key: WriteKey | null;
  /** Until then nobody is asked. */
  readonly until: number;
  /** Until then it holds while the authority cannot be asked. */
  readonly stale_until: number;
}

/** An entry of the KV cache. */
interface Cached {
  readonly key: WriteKey;
  /** When the authority said so, epoch milliseconds. */
  readonly asked_at: number;
}

const KEY_LENGTH_MAX = 128;
const KNOWN_MAX = 10_000;
/** A key that was just made must work soon. */
const UNKNOWN_MS = 5_000;
/** How long a good key outlives the authority that vouched for it. */
const STALE_MS = 3_600_000;
/** How long an authority that did not answer is left alone. */
const AWAY_MS = 1_000;
/** KV takes no shorter time. */
const KV_SECONDS_MIN = 60;

export function keyStore(
  ports: { readonly control: Database; readonly cache: KeyValue; readonly clock: Clock },
  key_cache_seconds: number,
): Keys {
  const key_cache_ms = key_cache_seconds * 1_000;
  const good = new Recent<Known>(KNOWN_MAX);
  const bad = new Recent<Known>(KNOWN_MAX);

  /** @param askedAt when the authority said so, epoch milliseconds: what it says holds no longer by way of a cache */
  function remember(writeKey: string, key: WriteKey | null, askedAt: number): WriteKey | null {
    if (key === null) {
      good.delete(writeKey);
      const until = askedAt + Math.min(UNKNOWN_MS, key_cache_ms);
      bad.set(writeKey, { key, until, stale_until: until });
    } else {
      bad.delete(writeKey);
      const until = askedAt + key_cache_ms;
      good.set(writeKey, { key, until, stale_until: until + STALE_MS });
    }
    return key;
  }

  /** Each request asks for itself, even when another already does: in workerd it must not wait for a promise of another. */
  async function ask(writeKey: string, now: number): Promise<WriteKey | null> {
    const cached = await readCache(ports.cache, writeKey);
    if (cached !== null) {
      const key = remember(writeKey, cached.key, cached.asked_at);
      if (now < cached.asked_at + key_cache_ms) return key;
    }
    let key: WriteKey | null;
    try {
      key = await readAuthority(ports.control, writeKey);
    } catch (error) {
      const stale = good.get(writeKey);
      if (stale === undefined || stale.stale_until < now) throw new InletError('authority_away', { cause: error });
      good.set(writeKey, { ...stale, until: now + AWAY_MS });
      return stale.key;
    }
    if (key !== null)
      await writeCache(ports.cache, writeKey, { key, asked_at: now }, Math.max(KV_SECONDS_MIN, key_cache_seconds));
    return remember(writeKey, key, now);
  }

  return {
    find(writeKey) {
      if (writeKey.length > KEY_LENGTH_MAX) return null;
      const now = ports.clock.now();
      const known = good.get(writeKey) ?? bad.get(writeKey);
      return known !== undefined && now < known.until ? known.key : ask(writeKey, now);
    },
  };
}

async function readAuthority(control: Database, writeKey: string): Promise<WriteKey | null> {
  const { results } = await control
    .prepare('select source, kind from write_keys where write_key = ? and revoked_at is null')
    .bind(writeKey)
    .all();
  return parseWriteKey(results[0]);
}

function parseWriteKey(row: unknown): WriteKey | null {
  if (!isJsonObject(row)) return null;
  const { source, kind } = row;
  return typeof source === 'string' && (kind === 'public' || kind === 'secret') ? { source, kind } : null;
}

/** A cache that fails is a cache that knows nothing. */
async function readCache(cache: KeyValue, writeKey: string): Promise<Cached | null> {
  try {
    const text = await cache.get(cacheName(writeKey));
    const entry: unknown = text === null ? null : JSON.parse(text);
    const key = isJsonObject(entry) ? parseWriteKey(entry.key) : null;
    if (key === null || !isJsonObject(entry) || typeof entry.asked_at !== 'number') return null;
    return { key, asked_at: entry.asked_at };
  } catch {
    return null;
  }
}

async function writeCache(cache: KeyValue, writeKey: string, entry: Cached, seconds: number): Promise<void> {
  try {
    await cache.put(cacheName(writeKey), JSON.stringify(entry), { expirationTtl: seconds });
  } catch {
    // The next isolate asks the authority.
  }
}

function cacheName(writeKey: string): string {
  return `write_key/${writeKey}`;
}

/** A map that forgets what was set longest ago. */
class Recent<Value> {
  readonly #values = new Map<string, Value>();
  readonly #size_max: number;

  constructor(size_max: number) {
    this.#size_max = size_max;
  }

  get(name: string): Value | undefined {
    return this.#values.get(name);
  }

  set(name: string, value: Value): void {
    this.#values.delete(name);
    this.#values.set(name, value);
    if (this.#values.size <= this.#size_max) return;
    for (const oldest of this.#values.keys()) {
      this.#values.delete(oldest);
      return;
    }
  }

  delete(name: string): void {
    this.#values.delete(name);
  }
}
