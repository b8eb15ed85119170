/** Write keys and read tokens: the control database is their authority. */
import { createHash } from 'node:crypto';
import type { Clock, Database, Random } from '../ports.ts';

export type WriteKeyKind = 'public' | 'secret';

export interface WriteKey {
  readonly write_key: string;
  readonly source: string;
  readonly kind: WriteKeyKind;
  /** Epoch milliseconds. */
  readonly created_at: number;
  readonly revoked_at: number | null;
}

export interface ReadToken {
  readonly token_sha256: string;
  readonly name: string;
  readonly created_at: number;
  readonly revoked_at: number | null;
}

/** One row of a new write key, for a database that only SQL text reaches, as D1 from a terminal. */
export function writeKeySql({ clock, random }: Pick<KeyPorts, 'clock' | 'random'>, key: NewWriteKey): NewSecret {
  const secret = key.preset ?? newWriteKey(random, key.kind);
  const values = [sqlText(secret), sqlText(key.source), sqlText(key.kind), clock.now()];
  return { secret, sql: `insert into write_keys (write_key, source, kind, created_at) values (${values.join(', ')});` };
}

/** One row of a new read token. */
export function readTokenSql({ clock, random }: Pick<KeyPorts, 'clock' | 'random'>, token: NewReadToken): NewSecret {
  const secret = token.preset ?? newReadToken(random);
  const values = [sqlText(sha256(secret)), sqlText(token.name), clock.now()];
  return { secret, sql: `insert into read_tokens (token_sha256, name, created_at) values (${values.join(', ')});` };
}

export interface NewWriteKey {
  readonly source: string;
  readonly kind: WriteKeyKind;
  /** To use in place of a random one; making the same one again changes nothing. */
  readonly preset?: string;
}

export interface NewReadToken {
  readonly name: string;
  readonly preset?: string;
}

export interface NewSecret {
  readonly secret: string;
  readonly sql: string;
}

type KeyPorts = { readonly control: Database; readonly clock: Clock; readonly random: Random };

export async function createWriteKey(ports: KeyPorts, key: NewWriteKey): Promise<string> {
  const writeKey = key.preset ?? newWriteKey(ports.random, key.kind);
  await ports.control
    .prepare('insert into write_keys (write_key, source, kind, created_at) values (?, ?, ?, ?) on conflict do nothing')
    .bind(writeKey, key.source, key.kind, ports.clock.now())
    .run();
  return writeKey;
}

/** @returns the token, which is shown this once: only its hash is stored. */
export async function createReadToken(ports: KeyPorts, token: NewReadToken): Promise<string> {
  const secret = token.preset ?? newReadToken(ports.random);
  await ports.control
    .prepare('insert into read_tokens (token_sha256, name, created_at) values (?, ?, ?) on conflict do nothing')
    .bind(sha256(secret), token.name, ports.clock.now())
    .run();
  return secret;
}

export async function listWriteKeys(control: Database): Promise<WriteKey[]> {
  return (await control.prepare('select * from write_keys order by created_at, write_key').all<WriteKey>()).results;
}

export async function listReadTokens(control: Database): Promise<ReadToken[]> {
  return (await control.prepare('select * from read_tokens order by created_at, token_sha256').all<ReadToken>())
    .results;
}

/** @returns whether there was such a key or token that was not revoked yet. */
export async function revoke(
  { control, clock }: Pick<KeyPorts, 'control' | 'clock'>,
  secret: string,
): Promise<boolean> {
  const now = clock.now();
  const revoked = await Promise.all([
    control
      .prepare('update write_keys set revoked_at = ? where write_key = ? and revoked_at is null returning source')
      .bind(now, secret)
      .all(),
    control
      .prepare(
        'update read_tokens set revoked_at = ? where token_sha256 in (?, ?) and revoked_at is null returning name',
      )
      .bind(now, sha256(secret), secret)
      .all(),
  ]);
  return revoked.some(({ results }) => results.length > 0);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function newWriteKey(random: Random, kind: WriteKeyKind): string {
  return `${kind === 'secret' ? 'sk' : 'wk'}_${random.hex(32)}`;
}

function newReadToken(random: Random): string {
  return `rt_${random.hex(40)}`;
}

function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
