import { createHash } from 'node:crypto';
import type { Clock, Database } from '../../platform/ports.ts';
import { InletError } from '../../schemas/errors.ts';
import { parseScopes, type Scope } from '../../schemas/scopes.ts';

/** Who asks: what is known of a good read token. */
export interface Reader {
  /** The start of the token's hash, as `inlet keys list` shows it. */
  readonly id: string;
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Null for no limit. */
  readonly requests_per_second: number | null;
}

export interface ReadTokens {
  /**
   * @returns null for a token that is not known, was revoked or has expired
   * @throws InletError authority_away
   */
  find(token: string): Promise<Reader | null>;
}

/** Digits of a hash that name a token. */
const ID_DIGITS = 12;
const TOKEN_LENGTH_MAX = 256;
const KNOWN_MAX = 10_000;
/** A token that was just made must work soon, and one that was revoked stop soon. */
const REMEMBER_MS = 5_000;

interface Answer {
  readonly reader: Reader | null;
  /** Epoch milliseconds; null: never. */
  readonly expires_at: number | null;
}

interface Remembered extends Answer {
  readonly until: number;
}

interface TokenRow {
  readonly name: string;
  readonly scopes: string;
  readonly requests_per_second: number | null;
  readonly expires_at: number | null;
}

/** Asks the database, and remembers what it said for five seconds at most. */
export function readTokens(control: Database, clock: Clock, cache_ms: number): ReadTokens {
  const remember_ms = Math.min(REMEMBER_MS, cache_ms);
  // Apart, so that made-up tokens push no good one out.
  const good = new Map<string, Remembered>();
  const bad = new Map<string, Remembered>();

  return {
    async find(token) {
      if (token.length > TOKEN_LENGTH_MAX) return null;
      const hash = createHash('sha256').update(token).digest('hex');
      const now = clock.now();
      const remembered = good.get(hash) ?? bad.get(hash);
      if (remembered !== undefined && now < remembered.until) return unexpired(remembered, now);
      const answer = await ask(control, hash);
      good.delete(hash);
      bad.delete(hash);
      keep(answer.reader === null ? bad : good, hash, { ...answer, until: now + remember_ms });
      return unexpired(answer, now);
    },
  };
}

function unexpired({ reader, expires_at }: Answer, now: number): Reader | null {
  return expires_at !== null && expires_at <= now ? null : reader;
}

/** The oldest answer goes: any of them can be asked for again. */
function keep(answers: Map<string, Remembered>, hash: string, answer: Remembered): void {
  const [oldest] = answers.keys();
  if (answers.size >= KNOWN_MAX && oldest !== undefined) answers.delete(oldest);
  answers.set(hash, answer);
}

async function ask(control: Database, hash: string): Promise<Answer> {
  try {
    const { results } = await control
      .prepare(
        `select name, scopes, requests_per_second, expires_at from read_tokens
         where token_sha256 = ? and revoked_at is null`,
      )
      .bind(hash)
      .all<TokenRow>();
    const [row] = results;
    if (row === undefined) return { reader: null, expires_at: null };
    const { name, scopes, requests_per_second, expires_at } = row;
    return {
      reader: { id: hash.slice(0, ID_DIGITS), name, scopes: parseScopes(scopes), requests_per_second },
      expires_at,
    };
  } catch (cause) {
    throw new InletError('authority_away', { cause });
  }
}
