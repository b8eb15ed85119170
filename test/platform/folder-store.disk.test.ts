import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderStore } from '../../platform/bun/folder-store.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'inlet-folder-'));
});
afterEach(() => rm(root, { recursive: true }));

describe('folder store', () => {
  it('removes what a crash left half written an hour ago, and never lists it', async () => {
    folderStore(root);
    const [old, young] = [join(root, '.tmp', 'old'), join(root, '.tmp', 'young')];
    await writeFile(old, 'half');
    await writeFile(young, 'half');
    const earlier = Date.now() / 1_000 - 3_700;
    await utimes(old, earlier, earlier);
    const store = folderStore(root);
    expect(await readdir(join(root, '.tmp'))).toEqual(['young']);
    expect((await store.list()).objects).toEqual([]);
    expect((await store.list({ delimiter: '/' })).delimitedPrefixes).toEqual([]);
  });

  it('leaves no temporary file behind, whether a put wins or not', async () => {
    const store = folderStore(root);
    await store.put('key', 'one', { onlyIf: { etagDoesNotMatch: '*' } });
    await store.put('key', 'two', { onlyIf: { etagDoesNotMatch: '*' } });
    await store.put('key', 'three', { onlyIf: { etagMatches: 'stale' } });
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
  });

  it('refuses keys that are no path below the folder', async () => {
    const store = folderStore(root);
    const keys = ['', '/a', 'a/', 'a//b', '../a', 'a/../b', './a', 'a\0b', '.tmp/a', 'x'.repeat(256), 'x/'.repeat(600)];
    for (const key of keys) {
      await expect(store.put(key, 'x')).rejects.toThrow(RangeError);
      await expect(store.get(key)).rejects.toThrow(RangeError);
      await expect(store.delete([key])).rejects.toThrow(RangeError);
    }
    expect((await store.list({ prefix: '../' })).objects).toEqual([]);
  });

  it('gives another etag for every put, also for equally long ones in the same moment', async () => {
    const store = folderStore(root);
    const etags = new Set<string | undefined>();
    for (let count = 0; count < 100; count += 1) etags.add((await store.put('key', `${count % 10}`))?.etag);
    expect(etags.size).toBe(100);
  });

  it('has one winner among racing creates of several openers of the folder', async () => {
    const openers = Array.from({ length: 5 }, () => folderStore(root));
    const puts = Array.from({ length: 20 }, (_, index) =>
      openers[index % 5]?.put('race/key', `${index}`, { onlyIf: { etagDoesNotMatch: '*' } }),
    );
    const winners = (await Promise.all(puts)).filter((object) => object !== null);
    expect(winners).toHaveLength(1);
  });

  it('has one winner in every race to replace a version', async () => {
    const store = folderStore(root);
    let etag = (await store.put('key', 'start'))?.etag ?? '';
    for (let round = 0; round < 10; round += 1) {
      const puts = Array.from({ length: 10 }, (_, index) =>
        store.put('key', `${index}`, { onlyIf: { etagMatches: etag } }),
      );
      const winners = (await Promise.all(puts)).filter((object) => object !== null);
      expect(winners).toHaveLength(1);
      etag = winners[0]?.etag ?? '';
    }
  });

  it('removes the folders that a delete empties, and puts go on while it does', async () => {
    const store = folderStore(root);
    const workers = Array.from({ length: 4 }, async (_, worker) => {
      for (let round = 0; round < 25; round += 1) {
        await store.put(`deep/er/${worker}`, 'x');
        await store.delete(`deep/er/${worker}`);
      }
    });
    await Promise.all(workers);
    expect(await readdir(root)).toEqual(['.tmp']);
  });

  it('lists no file whose name cannot be a key', async () => {
    const store = folderStore(root);
    await store.put('good', 'x');
    await writeFile(join(root, 'line\nbreak'), 'x');
    expect((await store.list()).objects.map(({ key }) => key)).toEqual(['good']);
  });

  it('reads a key that is a folder, or lies below a file, as absent', async () => {
    const store = folderStore(root);
    await store.put('folder/file', 'x');
    for (const key of ['folder', 'folder/file/below']) {
      expect(await store.get(key)).toBeNull();
      expect(await store.head(key)).toBeNull();
      await store.delete(key);
    }
    expect(await store.head('folder/file')).not.toBeNull();
  });

  it('keeps objects and etags when it is opened again', async () => {
    const put = await folderStore(root).put('a/key', 'value');
    const again = folderStore(root);
    expect(await (await again.get('a/key'))?.text()).toBe('value');
    expect((await again.head('a/key'))?.etag).toBe(put?.etag);
  });
});
