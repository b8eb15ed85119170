import { createHash } from 'node:crypto';
import type { ByteRange, Clock, ObjectStore, PutCondition, StoredBody, StoredObject } from '../ports.ts';

const KEYS_MAX = 1_000;

interface Entry {
  readonly object: StoredObject;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** An object store in memory. */
export function memoryStore(clock: Clock): ObjectStore {
  const entries = new Map<string, Entry>();

  return {
    async head(key) {
      return entries.get(key)?.object ?? null;
    },
    async get(key, options = {}) {
      const entry = entries.get(key);
      return entry === undefined ? null : readBody(entry, options.range);
    },
    async put(key, value, options = {}) {
      if (!holds(options.onlyIf ?? {}, entries.get(key)?.object)) return null;
      const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : Uint8Array.from(value);
      const etag = createHash('md5').update(bytes).digest('hex');
      const object = { key, size: bytes.byteLength, etag, uploaded: new Date(clock.now()) };
      entries.set(key, { object, bytes });
      return object;
    },
    async delete(keys) {
      const list = typeof keys === 'string' ? [keys] : keys;
      if (list.length > KEYS_MAX) throw new RangeError(`delete takes at most ${KEYS_MAX} keys, not ${list.length}`);
      for (const key of list) entries.delete(key);
    },
    async list(options = {}) {
      const { prefix = '', delimiter = '', startAfter = '', cursor = '', limit = KEYS_MAX } = options;
      if (!(limit >= 1 && limit <= KEYS_MAX))
        throw new RangeError(`a page holds 1 to ${KEYS_MAX} objects, not ${limit}`);
      const rows = new Map<string, StoredObject | null>();
      for (const { object } of entries.values()) {
        if (!object.key.startsWith(prefix) || compareKeys(object.key, startAfter) <= 0) continue;
        const end = delimiter === '' ? -1 : object.key.indexOf(delimiter, prefix.length);
        if (end === -1) rows.set(object.key, object);
        else rows.set(object.key.slice(0, end + delimiter.length), null);
      }
      const rest = [...rows].filter(([name]) => compareKeys(name, cursor) > 0);
      const page = rest.sort(([left], [right]) => compareKeys(left, right)).slice(0, limit);
      const objects = page.map(([, object]) => object).filter((object) => object !== null);
      const delimitedPrefixes = page.filter(([, object]) => object === null).map(([name]) => name);
      const last = page.at(-1)?.[0];
      if (page.length === rest.length || last === undefined) return { objects, delimitedPrefixes, truncated: false };
      return { objects, delimitedPrefixes, truncated: true, cursor: last };
    },
  };
}

function holds(condition: PutCondition, existing: StoredObject | undefined): boolean {
  if (condition.etagDoesNotMatch === '*' && existing !== undefined) return false;
  return condition.etagMatches === undefined || condition.etagMatches === existing?.etag;
}

function readBody({ object, bytes }: Entry, range: ByteRange | undefined): StoredBody {
  const { offset, length } = range ?? { offset: 0, length: object.size };
  if (range !== undefined && !(offset >= 0 && offset < object.size && length >= 1)) {
    throw new RangeError(`no such range in ${object.key} (${object.size} bytes): ${length} bytes from ${offset}`);
  }
  const part = bytes.slice(offset, offset + length);
  return { ...object, arrayBuffer: async () => part.buffer, text: async () => new TextDecoder().decode(part) };
}

function compareKeys(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
