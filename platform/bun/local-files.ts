import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { LocalFiles, ObjectStore } from '../ports.ts';
import { pathOf } from './folder-store.ts';

const DOWNLOADS_AT_ONCE = 4;
const PIN_PREFIX = 'pinned-';
/** Longer than any work that pins files. */
const LEFTOVER_AGE_MS = 24 * 3_600_000;

/** The files of a folder store where they lie; nothing is copied. */
export function folderFiles(root: string, scratch: string): LocalFiles {
  const folder = resolve(root);
  return {
    scratch_dir: openScratch(scratch),
    async pin(keys) {
      const paths = keys.map((key) => pathOf(folder, key));
      await Promise.all(paths.map((path) => stat(path)));
      return { paths, release: async () => {} };
    },
  };
}

/** Copies of a store's objects, in a folder of their own until they are released. */
export function s3Files(store: ObjectStore, scratch: string): LocalFiles {
  const scratch_dir = openScratch(scratch);
  return {
    scratch_dir,
    async pin(keys) {
      const folder = join(scratch_dir, `${PIN_PREFIX}${randomBytes(8).toString('hex')}`);
      const release = (): Promise<void> => rm(folder, { recursive: true, force: true });
      try {
        const paths = keys.map((key) => pathOf(folder, key));
        for (let at = 0; at < keys.length; at += DOWNLOADS_AT_ONCE) {
          const some = keys.slice(at, at + DOWNLOADS_AT_ONCE);
          await allOrThrow(some.map((key) => save(store, key, pathOf(folder, key))));
        }
        return { paths, release };
      } catch (error) {
        await release();
        throw error;
      }
    },
  };
}

async function save(store: ObjectStore, key: string, path: string): Promise<void> {
  const object = await store.get(key);
  if (object === null) throw new Error(`object is gone: ${key}`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, new Uint8Array(await object.arrayBuffer()));
}

/** Waits for all, also when one fails: none may write after that. */
async function allOrThrow(work: Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) {
    if (result.status === 'rejected') throw result.reason;
  }
}

function openScratch(scratch: string): string {
  const folder = resolve(scratch);
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
    const isLeftover = name.startsWith(PIN_PREFIX) && Date.now() - modified > LEFTOVER_AGE_MS;
    if (isLeftover) rmSync(path, { recursive: true, force: true });
  }
  return folder;
}
