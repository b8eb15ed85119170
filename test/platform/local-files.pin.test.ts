import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderStore } from '../../platform/bun/folder-store.ts';
import { folderFiles, s3Files } from '../../platform/bun/local-files.ts';
import { virtualClock } from '../../platform/sim/clock.ts';
import { memoryStore } from '../../platform/sim/object-store.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'inlet-files-'));
});
afterEach(() => rm(root, { recursive: true }));

const KEYS = Array.from({ length: 9 }, (_, index) => `segments/2026-07-01T0${index}/x=1/${index}.parquet`);

describe('local files', () => {
  it('of a folder are the objects themselves, in the order asked for', async () => {
    const store = folderStore(join(root, 'lake'));
    for (const key of KEYS) await store.put(key, key);
    const files = folderFiles(join(root, 'lake'), join(root, 'scratch'));
    const pinned = await files.pin(KEYS.toReversed());
    expect(pinned.paths).toEqual(KEYS.toReversed().map((key) => join(root, 'lake', key)));
    await pinned.release();
    expect(await store.head(KEYS[0] ?? '')).not.toBeNull();
    expect(await readdir(files.scratch_dir)).toEqual([]);
  });

  it('of a bucket are copies that stay until they are released', async () => {
    const store = memoryStore(virtualClock(0));
    for (const key of KEYS) await store.put(key, key);
    const files = s3Files(store, join(root, 'scratch'));
    const pinned = await files.pin(KEYS);
    const other = await files.pin(KEYS.slice(0, 1));
    await store.delete(KEYS);
    expect(await Promise.all(pinned.paths.map((path) => readFile(path, 'utf8')))).toEqual(KEYS);
    await pinned.release();
    expect(await Promise.all(other.paths.map((path) => readFile(path, 'utf8')))).toEqual(KEYS.slice(0, 1));
    await other.release();
    expect(await readdir(files.scratch_dir)).toEqual([]);
  });

  it('are not pinned at all when one object is gone', async () => {
    const store = memoryStore(virtualClock(0));
    await store.put('a', 'x');
    const scratch = join(root, 'scratch');
    await expect(s3Files(store, scratch).pin(['a', 'gone'])).rejects.toThrow(/gone/);
    await expect(folderFiles(join(root, 'lake'), scratch).pin(['gone'])).rejects.toThrow(/gone/);
    expect(await readdir(scratch)).toEqual([]);
  });
});
