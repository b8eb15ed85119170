/**
 * The identity index as the table names it: an object of a snapshot says which Parquet objects, its parts, hold the
 * identities of the rows that arrived within the dedupe window. Like files of the table, parts are never changed.
 */
import type { ObjectStore } from '../../platform/ports.ts';
import { isJsonObject, type JsonObject } from '../../schemas/event.ts';
import type { Snapshot } from './snapshot.ts';

/** Changes with the columns of a part. */
const FORMAT = 2;

export interface IdentityIndex {
  /** Every row of the table that arrived at this time or later is in a part, epoch milliseconds. */
  readonly since: number;
  readonly parts: readonly IdentityPart[];
}

export interface IdentityPart {
  readonly key: string;
  readonly rows: number;
  readonly bytes: number;
  /** Smallest and largest hash in it, unsigned 64 bits as decimal digits. */
  readonly identity_min: string;
  readonly identity_max: string;
  /** All its rows arrived before this time, epoch milliseconds. */
  readonly received_before: number;
}

/** Hashes from here on have no time in them, see `lakehouse/sql/identities.ts`; no part has both kinds. */
export const UNTIMED = 2n ** 63n;

export function encodeIdentities({ since, parts }: IdentityIndex): string {
  return JSON.stringify({ format: FORMAT, since, parts });
}

/**
 * @returns null where the snapshot has none, or one of another format
 * @throws Error when the snapshot has expired meanwhile
 */
export async function readIdentities(
  lake: ObjectStore,
  { identities }: Pick<Snapshot, 'identities'>,
): Promise<IdentityIndex | null> {
  if (identities === null) return null;
  const object = await lake.get(identities);
  if (object === null) throw new Error(`${identities} is gone: the snapshot has expired`);
  return parseIdentities(await object.text());
}

function parseIdentities(content: string): IdentityIndex | null {
  const value: unknown = JSON.parse(content);
  if (!isJsonObject(value) || value.format !== FORMAT || !Array.isArray(value.parts)) return null;
  return { since: number(value, 'since'), parts: value.parts.map(parsePart) };
}

function parsePart(value: unknown): IdentityPart {
  if (!isJsonObject(value)) throw new Error('The identity index has a part that is not an object');
  return {
    key: text(value, 'key'),
    rows: number(value, 'rows'),
    bytes: number(value, 'bytes'),
    identity_min: text(value, 'identity_min'),
    identity_max: text(value, 'identity_max'),
    received_before: number(value, 'received_before'),
  };
}

function text(object: JsonObject, name: string): string {
  const value = object[name];
  if (typeof value === 'string') return value;
  throw new Error(`The identity index has no text "${name}"`);
}

function number(object: JsonObject, name: string): number {
  const value = object[name];
  if (typeof value === 'number') return value;
  throw new Error(`The identity index has no number "${name}"`);
}
