/** Read tokens: only the hash of one is stored. */
import { createHash } from 'node:crypto';
import { SCOPES, type Scope } from '../../schemas/scopes.ts';
import type { Clock, Database, Random, SqlValue } from '../ports.ts';

/** A row of the table. Times are epoch milliseconds. */
export interface ReadToken {
  readonly token_sha256: string;
  readonly name: string;
  readonly created_at: number;
  readonly revoked_at: number | null;
  readonly scopes: string;
  readonly last_four: string | null;
  readonly requests_per_second: number | null;
  readonly expires_at: number | null;
}

export interface NewReadToken {
  readonly name: string;
  /** To use in place of a random one; making the same one again changes nothing. */
  readonly preset?: string;
  /** All of them where nothing is said. */
  readonly scopes?: readonly Scope[];
  /** Null for no limit. */
  readonly requests_per_second?: number | null;
  /** Epoch milliseconds; null for never. */
  readonly expires_at?: number | null;
}

type TokenPorts = { readonly control: Database; readonly clock: Clock; readonly random: Random };

/** @returns the token, which is shown this once: only its hash is stored. */
export async function createReadToken(ports: TokenPorts, token: NewReadToken): Promise<string> {
  const { secret, row } = newRow(ports, token);
  await ports.control
    .prepare(
      `insert into read_tokens (${Object.keys(row)}) values (${Object.keys(row).fill('?')}) on conflict do nothing`,
    )
    .bind(...Object.values(row))
    .run();
  return secret;
}

/** One row of a new read token, for a database that only SQL text reaches, as D1 from a terminal. */
export function readTokenSql(
  ports: Pick<TokenPorts, 'clock' | 'random'>,
  token: NewReadToken,
): { readonly secret: string; readonly sql: string } {
  const { secret, row } = newRow(ports, token);
  const values = Object.values(row).map((value) => (typeof value === 'string' ? sqlText(value) : String(value)));
  return { secret, sql: `insert into read_tokens (${Object.keys(row).join(', ')}) values (${values.join(', ')});` };
}

export async function listReadTokens(control: Database): Promise<ReadToken[]> {
  return (await control.prepare('select * from read_tokens order by created_at, token_sha256').all<ReadToken>())
    .results;
}

/**
 * A new token of the same name, scopes and limit; the old one goes on for `overlap_ms`, so that services can change over.
 *
 * @param which the token, its hash or its id
 * @returns null where there is no such token, or it was revoked or has expired
 */
export async function rotateReadToken(ports: TokenPorts, which: string, overlap_ms: number): Promise<string | null> {
  const now = ports.clock.now();
  const { results } = await ports.control
    .prepare(`select * from read_tokens where ${WHICH} and revoked_at is null and ifnull(expires_at > ?, 1)`)
    .bind(...namesOf(which), now)
    .all<ReadToken>();
  const [old] = results;
  if (old === undefined) return null;
  const { secret, row } = newRow(ports, { name: old.name, requests_per_second: old.requests_per_second });
  const values: Record<string, SqlValue> = { ...row, scopes: old.scopes };
  await ports.control.batch([
    ports.control
      .prepare(`insert into read_tokens (${Object.keys(values)}) values (${Object.keys(values).fill('?')})`)
      .bind(...Object.values(values)),
    ports.control
      .prepare('update read_tokens set expires_at = min(ifnull(expires_at, ?), ?) where token_sha256 = ?')
      .bind(now + overlap_ms, now + overlap_ms, old.token_sha256),
  ]);
  return secret;
}

/** @param which the token, its hash or its id @returns whether there was one that was not revoked yet */
export async function revokeReadToken(
  { control, clock }: Pick<TokenPorts, 'control' | 'clock'>,
  which: string,
): Promise<boolean> {
  const { results } = await control
    .prepare(`update read_tokens set revoked_at = ? where ${WHICH} and revoked_at is null returning name`)
    .bind(clock.now(), ...namesOf(which))
    .all();
  return results.length > 0;
}

/** Digits of the hash that name a token: two tokens with the same ones are not to be expected. */
export const ID_DIGITS = 12;
const WHICH = `(token_sha256 in (?, ?) or substr(token_sha256, 1, ${ID_DIGITS}) = ?)`;

function namesOf(which: string): [string, string, string] {
  return [sha256(which), which, which];
}

function newRow(
  { clock, random }: Pick<TokenPorts, 'clock' | 'random'>,
  { name, preset, scopes = SCOPES, requests_per_second = null, expires_at = null }: NewReadToken,
): { readonly secret: string; readonly row: Record<string, SqlValue> } {
  const secret = preset ?? `rt_${random.hex(40)}`;
  return {
    secret,
    row: {
      token_sha256: sha256(secret),
      name,
      created_at: clock.now(),
      scopes: scopes.join(' '),
      // Of a short one that somebody chose, four characters would be much of it.
      last_four: secret.length < LAST_FOUR_LENGTH_MIN ? null : secret.slice(-4),
      requests_per_second,
      expires_at,
    },
  };
}

const LAST_FOUR_LENGTH_MIN = 32;

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
