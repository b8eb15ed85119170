import { randomBytes } from 'node:crypto';
import { type BigIntStats, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, link, mkdir, open, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ByteRange, ObjectStore, PutCondition, StoredBody, StoredObject } from '../ports.ts';
import { hasCode } from './errno.ts';
import { listFolder } from './folder-list.ts';
import { checkKey, isKey } from './object-key.ts';

/** Holds files that are being written; no key may start with it. */
const TEMPORARY = '.tmp';
const LEFTOVER_AGE_MS = 3_600_000;
const KEYS_MAX = 1_000;
const PLACE_ATTEMPTS_MAX = 10;

/**
 * Objects as files below `root`, a key being the path. A put is on disk when it resolves: the file and every folder
 * above it are synced.
 *
 * `etagDoesNotMatch: '*'` has one winner among all processes. `etagMatches` is safe within one process only. A key
 * cannot also be a folder of other keys.
 *
 * @throws RangeError on a key that is none (`isKey`). Errors of the file system pass through.
 */
export function folderStore(root: string): ObjectStore {
  const folder = resolve(root);
  const temporary = join(folder, TEMPORARY);
  const created = mkdirSync(temporary, { recursive: true });
  const top = created === undefined ? folder : dirname(created);
  removeLeftovers(temporary);
  const locked = keyLock();

  async function head(key: string): Promise<StoredObject | null> {
    try {
      const stats = await stat(pathOf(folder, key), { bigint: true });
      return stats.isFile() ? describe(key, stats) : null;
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
      throw error;
    }
  }

  async function put(key: string, value: Uint8Array | string, condition: PutCondition): Promise<StoredObject | null> {
    const path = pathOf(folder, key);
    const draft = join(temporary, randomBytes(16).toString('hex'));
    try {
      const stats = await write(draft, value);
      if (condition.etagMatches !== undefined && (await head(key))?.etag !== condition.etagMatches) return null;
      const placed = await place(draft, path, condition.etagDoesNotMatch === '*');
      // Also when another was first: who is told that the object exists relies on it.
      await syncFolders(dirname(path), top);
      return placed ? describe(key, stats) : null;
    } finally {
      await rm(draft, { force: true });
    }
  }

  return {
    head,
    async get(key, options = {}) {
      const handle = await openFile(pathOf(folder, key));
      if (handle === null) return null;
      try {
        const stats = await handle.stat({ bigint: true });
        return stats.isFile() ? await readBody(handle, describe(key, stats), options.range) : null;
      } finally {
        await handle.close();
      }
    },
    put: (key, value, options = {}) => locked(key, () => put(key, value, options.onlyIf ?? {})),
    async delete(keys) {
      const list = typeof keys === 'string' ? [keys] : keys;
      if (list.length > KEYS_MAX) throw new RangeError(`delete takes at most ${KEYS_MAX} keys, not ${list.length}`);
      const paths = list.map((key) => ({ key, path: pathOf(folder, key) }));
      await Promise.all(paths.map(({ key, path }) => locked(key, () => removeFile(path))));
      for (const parent of new Set(paths.map(({ path }) => dirname(path)))) await removeEmpty(parent, folder);
    },
    async list(options = {}) {
      const page = await listFolder(folder, `${TEMPORARY}/`, options);
      const found = await Promise.all(page.keys.filter(isKey).map(head));
      const objects = found.filter((object) => object !== null);
      const { delimitedPrefixes, cursor } = page;
      if (cursor === undefined) return { objects, delimitedPrefixes, truncated: false };
      return { objects, delimitedPrefixes, truncated: true, cursor };
    },
  };
}

/** The file of an object below the folder. @throws RangeError when the key is none. */
export function pathOf(folder: string, key: string): string {
  checkKey(key);
  if (key.startsWith(`${TEMPORARY}/`)) throw new RangeError(`a key may not begin with ${TEMPORARY}/`);
  return join(folder, ...key.split('/'));
}

/** Every put makes another file with a time of its own, so these three change with the content. */
function describe(key: string, stats: BigIntStats): StoredObject {
  const etag = [stats.mtimeNs, stats.ino, stats.size].map((part) => part.toString(36)).join('-');
  return { key, size: Number(stats.size), etag, uploaded: new Date(Number(stats.mtimeMs)) };
}

async function openFile(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

async function readBody(handle: FileHandle, object: StoredObject, range: ByteRange | undefined): Promise<StoredBody> {
  const { offset, length } = range ?? { offset: 0, length: object.size };
  if (range !== undefined && !(offset >= 0 && offset < object.size && length >= 1)) {
    throw new RangeError(`no such range in ${object.key} (${object.size} bytes): ${length} bytes from ${offset}`);
  }
  const bytes = new Uint8Array(Math.min(length, object.size - offset));
  for (let at = 0; at < bytes.byteLength; ) {
    const { bytesRead } = await handle.read(bytes, at, bytes.byteLength - at, offset + at);
    if (bytesRead === 0) throw new Error(`${object.key} ends before its ${object.size} bytes`);
    at += bytesRead;
  }
  return {
    ...object,
    arrayBuffer: async () => bytes.buffer,
    text: async () => new TextDecoder().decode(bytes),
  };
}

let lastStamp = 0;

/** Epoch microseconds, never the same twice in this process: files may be written faster than the disk's clock ticks. */
function nextStamp(): number {
  lastStamp = Math.max(lastStamp + 1, Date.now() * 1_000);
  return lastStamp;
}

async function write(path: string, value: Uint8Array | string): Promise<BigIntStats> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(value);
    const seconds = nextStamp() / 1e6;
    await handle.utimes(seconds, seconds);
    await handle.sync();
    return await handle.stat({ bigint: true });
  } finally {
    await handle.close();
  }
}

/** False when `createOnly` and the path is taken. */
async function place(draft: string, path: string, createOnly: boolean): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await mkdir(dirname(path), { recursive: true });
      await (createOnly ? link(draft, path) : rename(draft, path));
      return true;
    } catch (error) {
      if (createOnly && hasCode(error, 'EEXIST')) return false;
      // A delete may take an empty folder away in between.
      if (!hasCode(error, 'ENOENT') || attempt === PLACE_ATTEMPTS_MAX) throw error;
    }
  }
}

async function syncFolders(from: string, top: string): Promise<void> {
  await syncFolder(from);
  if (from !== top) await syncFolders(dirname(from), top);
}

async function syncFolder(path: string): Promise<void> {
  const handle = await openFile(path);
  if (handle === null) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) throw error;
  }
}

/** Removes a folder, and those above it, where nothing is left in them. */
async function removeEmpty(path: string, root: string): Promise<void> {
  if (path === root) return syncFolder(path);
  try {
    await rmdir(path);
  } catch (error) {
    if (hasCode(error, 'ENOTEMPTY', 'EEXIST')) return syncFolder(path);
    if (!hasCode(error, 'ENOENT', 'ENOTDIR')) throw error;
  }
  return removeEmpty(dirname(path), root);
}

/** What a crash left half written. Younger files may belong to another process. */
function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
    if (Date.now() - modified > LEFTOVER_AGE_MS) rmSync(path, { force: true });
  }
}

/** Runs the work on one key in turn, and the work on different keys together. */
function keyLock(): <Result>(key: string, work: () => Promise<Result>) => Promise<Result> {
  const tails = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const turn = (tails.get(key) ?? Promise.resolve()).then(work, work);
    tails.set(key, turn);
    try {
      return await turn;
    } finally {
      if (tails.get(key) === turn) tails.delete(key);
    }
  };
}
