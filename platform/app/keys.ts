/** Write keys: the control database is their authority. */
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

/** One row of a new write key, for a database that only SQL text reaches, as D1 from a terminal. */
export function writeKeySql({ clock, random }: Pick<KeyPorts, 'clock' | 'random'>, key: NewWriteKey): NewSecret {
  const secret = key.preset ?? newWriteKey(random, key.kind);
  const values = [sqlText(secret), sqlText(key.source), sqlText(key.kind), clock.now()];
  return { secret, sql: `insert into write_keys (write_key, source, kind, created_at) values (${values.join(', ')});` };
}

export interface NewWriteKey {
  readonly source: string;
  readonly kind: WriteKeyKind;
  /** To use in place of a random one; making the same one again changes nothing. */
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

export async function listWriteKeys(control: Database): Promise<WriteKey[]> {
  return (await control.prepare('select * from write_keys order by created_at, write_key').all<WriteKey>()).results;
}

/** @returns whether there was such a key that was not revoked yet. */
export async function revokeWriteKey(
  { control, clock }: Pick<KeyPorts, 'control' | 'clock'>,
  writeKey: string,
): Promise<boolean> {
  const { results } = await control
    .prepare('update write_keys set revoked_at = ? where write_key = ? and revoked_at is null returning source')
    .bind(clock.now(), writeKey)
    .all();
  return results.length > 0;
}

function newWriteKey(random: Random, kind: WriteKeyKind): string {
  return `${kind === 'secret' ? 'sk' : 'wk'}_${random.hex(32)}`;
}

function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
