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

type KeyPorts = { readonly control: Database; readonly clock: Clock; readonly random: Random };

/** @param preset a key to use in place of a random one; making the same one again changes nothing. */
export async function createWriteKey(
  { control, clock, random }: KeyPorts,
  key: { source: string; kind: WriteKeyKind; preset?: string },
): Promise<string> {
  const writeKey = key.preset ?? `${key.kind === 'secret' ? 'sk' : 'wk'}_${random.hex(32)}`;
  await control
    .prepare('insert into write_keys (write_key, source, kind, created_at) values (?, ?, ?, ?) on conflict do nothing')
    .bind(writeKey, key.source, key.kind, clock.now())
    .run();
  return writeKey;
}

/** @returns the token, which is shown this once: only its hash is stored. */
export async function createReadToken(
  { control, clock, random }: KeyPorts,
  token: { name: string; preset?: string },
): Promise<string> {
  const text = token.preset ?? `rt_${random.hex(40)}`;
  await control
    .prepare('insert into read_tokens (token_sha256, name, created_at) values (?, ?, ?) on conflict do nothing')
    .bind(sha256(text), token.name, clock.now())
    .run();
  return text;
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
