import { createHash } from 'node:crypto';
import type { Clock, Database } from '../../platform/ports.ts';
import { InletError } from '../../schemas/errors.ts';

export interface ReadTokens {
  /** @throws InletError authority_away */
  isKnown(token: string): Promise<boolean>;
}

const KNOWN_MAX = 10_000;
/** A token that was just made must work soon. */
const UNKNOWN_MS = 5_000;

/** Asks the database, and remembers its answers for a while. */
export function readTokens(control: Database, clock: Clock, cache_ms: number): ReadTokens {
  const answers = new Map<string, { readonly known: boolean; readonly until: number }>();

  return {
    async isKnown(token) {
      const hash = createHash('sha256').update(token).digest('hex');
      const now = clock.now();
      const remembered = answers.get(hash);
      if (remembered !== undefined && now < remembered.until) return remembered.known;
      const known = await ask(control, hash);
      // The oldest answer goes: any of them can be asked for again.
      answers.delete(hash);
      const [oldest] = answers.keys();
      if (answers.size >= KNOWN_MAX && oldest !== undefined) answers.delete(oldest);
      answers.set(hash, { known, until: now + (known ? cache_ms : Math.min(UNKNOWN_MS, cache_ms)) });
      return known;
    },
  };
}

async function ask(control: Database, hash: string): Promise<boolean> {
  try {
    const { results } = await control
      .prepare('select 1 from read_tokens where token_sha256 = ? and revoked_at is null')
      .bind(hash)
      .all();
    return results.length > 0;
  } catch (cause) {
    throw new InletError('authority_away', { cause });
  }
}
