import { expect } from 'vitest';
import type { ListPage, ObjectStore } from '../../../platform/ports.ts';
import type { Case } from './cases.ts';

type ListOptions = NonNullable<Parameters<ObjectStore['list']>[0]>;

/** How every object store lists. */
export function listCases(test: Case<ObjectStore>): void {
  test('a list is in the order of the UTF-8 bytes of the whole key', async (store) => {
    // '-' and '.' sort before '/', '0' after it; U+FFEE sorts before an emoji, though not in UTF-16.
    const sorted = ['Z', 'a-b', 'a.b', 'a/b', 'a/c/d', 'a0', 'é', '\uffee', '😀'].map((name) => `order/${name}`);
    for (const key of sorted.toReversed()) await store.put(key, 'x');
    expect(keysOf(await store.list({ prefix: 'order/' }))).toEqual(sorted);
    expect(await listAll(store, { prefix: 'order/', limit: 2 })).toEqual(sorted);
  });

  test('a prefix may end anywhere in a key', async (store) => {
    await fill(store, 'prefix/', ['2026-07-01T00/a', '2026-07-01T01/b', '2026-08-01T00/c', '2026-07-0']);
    const july = ['prefix/2026-07-0', 'prefix/2026-07-01T00/a', 'prefix/2026-07-01T01/b'];
    expect(keysOf(await store.list({ prefix: 'prefix/2026-07' }))).toEqual(july);
    expect(keysOf(await store.list({ prefix: 'prefix/2026-07-01T00/a' }))).toEqual(['prefix/2026-07-01T00/a']);
    expect(keysOf(await store.list({ prefix: 'prefix/2026-07-01T00/a/' }))).toEqual([]);
  });

  test('a prefix that no key has gives an empty page', async (store) => {
    const page = await store.list({ prefix: 'nothing/here/' });
    expect(page).toMatchObject({ objects: [], delimitedPrefixes: [], truncated: false });
  });

  test('a delimiter groups the keys below it, once each', async (store) => {
    await fill(store, 'group/', ['a', 'b/1', 'b/2', 'b/c/3', 'd/4', 'e']);
    const page = await store.list({ prefix: 'group/', delimiter: '/' });
    expect(keysOf(page)).toEqual(['group/a', 'group/e']);
    expect(page.delimitedPrefixes).toEqual(['group/b/', 'group/d/']);
  });

  test('pages of any size add up to the whole, and only the last has no cursor', async (store) => {
    const keys = Array.from({ length: 7 }, (_, index) => `page/${index % 2 === 0 ? 'even' : 'odd'}/${index}`);
    for (const key of keys) await store.put(key, 'x');
    const whole = keysOf(await store.list({ prefix: 'page/' }));
    expect(whole).toEqual([...keys].sort());
    for (const limit of [1, 3, 6]) expect(await listAll(store, { prefix: 'page/', limit })).toEqual(whole);
    const exact = await store.list({ prefix: 'page/', limit: 7 });
    expect(exact.truncated).toBe(false);
    expect(exact.cursor).toBeUndefined();
  });

  test('pages with a delimiter give every object and every group once', async (store) => {
    await fill(store, 'both/', ['a', 'b/1', 'b/2', 'b/3', 'c', 'd/1', 'd/2', 'e']);
    for (const limit of [1, 2, 3]) {
      const names = await listAll(store, { prefix: 'both/', delimiter: '/', limit });
      expect(names.sort()).toEqual(['both/a', 'both/b/', 'both/c', 'both/d/', 'both/e']);
    }
  });

  test('startAfter leaves out that key and all before it, whether it exists or not', async (store) => {
    await fill(store, 'after/', ['a', 'b/1', 'b/2', 'c']);
    const after = (startAfter: string) => store.list({ prefix: 'after/', startAfter }).then(keysOf);
    expect(await after('after/a')).toEqual(['after/b/1', 'after/b/2', 'after/c']);
    expect(await after('after/b/1')).toEqual(['after/b/2', 'after/c']);
    expect(await after('after/b/15')).toEqual(['after/b/2', 'after/c']);
    expect(await after('after/b0')).toEqual(['after/c']);
    expect(await after('after/zzz')).toEqual([]);
  });

  test('startAfter and a small page go together', async (store) => {
    await fill(store, 'start/', ['a', 'b', 'c', 'd', 'e']);
    const names = await listAll(store, { prefix: 'start/', startAfter: 'start/b', limit: 2 });
    expect(names).toEqual(['start/c', 'start/d', 'start/e']);
  });
}

async function fill(store: ObjectStore, prefix: string, names: string[]): Promise<void> {
  for (const name of names) await store.put(`${prefix}${name}`, name);
}

function keysOf(page: ListPage): string[] {
  return page.objects.map(({ key }) => key);
}

async function listAll(store: ObjectStore, options: ListOptions): Promise<string[]> {
  const names: string[] = [];
  let page = await store.list(options);
  for (;;) {
    const found = [...keysOf(page), ...page.delimitedPrefixes];
    expect(found.length).toBeLessThanOrEqual(options.limit ?? 1_000);
    names.push(...found);
    if (!page.truncated) return names;
    if (page.cursor === undefined) throw new Error('a truncated page has no cursor');
    page = await store.list({ ...options, cursor: page.cursor });
  }
}
