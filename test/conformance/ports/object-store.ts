import { expect } from 'vitest';
import type { ObjectStore, StoredBody, StoredObject } from '../../../platform/ports.ts';
import { describePort, type Opened, type Skips } from './cases.ts';
import { listCases } from './object-list.ts';

const RACERS = 20;

/** What every object store does, over a store that is empty when it opens. */
export function describeObjectStore(name: string, open: () => Promise<Opened<ObjectStore>>, skips: Skips = {}): void {
  describePort(`${name}: object store`, open, skips, (test) => {
    test('an absent key reads as null and is deleted without an error', async (store) => {
      expect(await store.head('absent/key')).toBeNull();
      expect(await store.get('absent/key')).toBeNull();
      await store.delete('absent/key');
    });

    test('a put is read back byte for byte, with one size and etag everywhere', async (store) => {
      const bytes = Uint8Array.from({ length: 1_024 }, (_, index) => index % 256).subarray(3, 1_000);
      const put = await store.put('bytes/all', bytes);
      const body = await store.get('bytes/all');
      const head = await store.head('bytes/all');
      const listed = (await store.list({ prefix: 'bytes/all' })).objects[0];
      expect(await bytesOf(body)).toEqual(bytes);
      for (const object of [put, body, head, listed]) {
        expect(object).toMatchObject({ key: 'bytes/all', size: 997, etag: put?.etag });
      }
      expect(secondsOf(head)).toBeGreaterThan(0);
      expect(secondsOf(head)).toBe(secondsOf(listed));
      expect(put?.etag).toMatch(/^[^"]+$/);
    });

    test('a text is stored as UTF-8', async (store) => {
      await store.put('text/é', 'naïve 😀');
      expect(await (await store.get('text/é'))?.text()).toBe('naïve 😀');
      expect(await store.head('text/é')).toMatchObject({ size: 11 });
    });

    test('an empty object exists', async (store) => {
      await store.put('empty/object', new Uint8Array());
      expect(await store.head('empty/object')).toMatchObject({ size: 0 });
      expect(await bytesOf(await store.get('empty/object'))).toEqual(new Uint8Array());
    });

    test('a put replaces the object, and the etag changes with the content', async (store) => {
      const first = await store.put('replace/key', 'one');
      const second = await store.put('replace/key', 'two');
      expect(await textOf(store, 'replace/key')).toBe('two');
      expect(second?.etag).not.toBe(first?.etag);
    });

    test('bytes that change after the put change nothing in the store', async (store) => {
      const bytes = new TextEncoder().encode('before');
      await store.put('copy/key', bytes);
      bytes.fill(0);
      expect(await textOf(store, 'copy/key')).toBe('before');
    });

    test('keys with spaces, signs and letters beyond ASCII are kept as they are', async (store) => {
      const keys = ['keys/a b', 'keys/a+b', 'keys/a%20b', 'keys/date=2026-07-01', "keys/(é)'!*", 'keys/😀&<x>'];
      for (const key of keys) await store.put(key, key);
      for (const key of keys) expect(await textOf(store, key)).toBe(key);
      const { objects } = await store.list({ prefix: 'keys/' });
      expect(new Set(objects.map(({ key }) => key))).toEqual(new Set(keys));
      await store.delete(keys);
      expect((await store.list({ prefix: 'keys/' })).objects).toEqual([]);
    });

    test('a second create of the same key gives null and changes nothing', async (store) => {
      const first = await store.put('create/key', 'first', { onlyIf: { etagDoesNotMatch: '*' } });
      expect(await store.put('create/key', 'second', { onlyIf: { etagDoesNotMatch: '*' } })).toBeNull();
      expect(await textOf(store, 'create/key')).toBe('first');
      expect((await store.head('create/key'))?.etag).toBe(first?.etag);
    });

    test('of 20 racing creates exactly one wins, and its content stays', async (store) => {
      const racers = Array.from({ length: RACERS }, (_, index) => `racer ${index}`);
      const puts = racers.map((racer) => store.put('race/create', racer, { onlyIf: { etagDoesNotMatch: '*' } }));
      const results = await Promise.all(puts);
      const winners = racers.filter((_, index) => results[index] !== null);
      expect(winners).toHaveLength(1);
      expect(await textOf(store, 'race/create')).toBe(winners[0]);
    });

    test('a deleted key can be created again', async (store) => {
      await store.put('again/key', 'first');
      await store.delete('again/key');
      expect(await store.get('again/key')).toBeNull();
      expect(await store.put('again/key', 'second', { onlyIf: { etagDoesNotMatch: '*' } })).not.toBeNull();
    });

    test('a put on an etag replaces that version only', async (store) => {
      const first = await store.put('match/key', 'one');
      const second = await store.put('match/key', 'two', { onlyIf: { etagMatches: first?.etag ?? '' } });
      expect(second).not.toBeNull();
      expect(await store.put('match/key', 'three', { onlyIf: { etagMatches: first?.etag ?? '' } })).toBeNull();
      expect(await textOf(store, 'match/key')).toBe('two');
      expect(await store.put('match/absent', 'x', { onlyIf: { etagMatches: first?.etag ?? '' } })).toBeNull();
      expect(await store.head('match/absent')).toBeNull();
    });

    test('of 20 racing replacements of one version exactly one wins', async (store) => {
      const etag = (await store.put('race/replace', 'old'))?.etag ?? '';
      const racers = Array.from({ length: RACERS }, (_, index) => `racer ${index}`);
      const results = await Promise.all(
        racers.map((racer) => store.put('race/replace', racer, { onlyIf: { etagMatches: etag } })),
      );
      const winners = racers.filter((_, index) => results[index] !== null);
      expect(winners).toHaveLength(1);
      expect(await textOf(store, 'race/replace')).toBe(winners[0]);
    });

    test('a range reads those bytes, cut at the end, and tells the whole size', async (store) => {
      await store.put('range/key', '0123456789');
      const middle = await store.get('range/key', { range: { offset: 2, length: 3 } });
      expect(middle).toMatchObject({ size: 10 });
      expect(await middle?.text()).toBe('234');
      expect(await (await store.get('range/key', { range: { offset: 0, length: 1 } }))?.text()).toBe('0');
      expect(await (await store.get('range/key', { range: { offset: 8, length: 9 } }))?.text()).toBe('89');
      expect(await store.get('range/absent', { range: { offset: 0, length: 1 } })).toBeNull();
    });

    test('a range that starts at the end rejects', async (store) => {
      await store.put('range/end', '0123456789');
      await expect(store.get('range/end', { range: { offset: 10, length: 1 } })).rejects.toThrow();
    });

    test('delete takes many keys, absent ones too', async (store) => {
      const keys = Array.from({ length: 12 }, (_, index) => `many/${index}`);
      for (const key of keys) await store.put(key, 'x');
      await store.delete([...keys.slice(0, 10), 'many/absent']);
      await store.delete([]);
      expect((await store.list({ prefix: 'many/' })).objects.map(({ key }) => key)).toEqual(['many/10', 'many/11']);
    });

    test('delete refuses more than 1,000 keys', async (store) => {
      await expect(store.delete(Array.from({ length: 1_001 }, (_, index) => `key-${index}`))).rejects.toThrow();
    });

    listCases(test);
  });
}

/** S3 tells whole seconds in a header and milliseconds in a list. */
function secondsOf(object: StoredObject | null | undefined): number {
  return Math.floor((object?.uploaded.getTime() ?? Number.NaN) / 1_000);
}

async function bytesOf(body: StoredBody | null): Promise<Uint8Array | null> {
  return body === null ? null : new Uint8Array(await body.arrayBuffer());
}

async function textOf(store: ObjectStore, key: string): Promise<string | undefined> {
  return (await store.get(key))?.text();
}
