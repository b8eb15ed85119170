/** Counts what a store is asked for. */
import type { ObjectStore } from '../../platform/ports.ts';

export interface Work {
  requests: number;
  /** In both directions. */
  bytes: number;
  /** Of objects that were read. */
  keys: string[];
}

export function nothingDone(): Work {
  return { requests: 0, bytes: 0, keys: [] };
}

/** The same store, with each call counted. */
export function workStore(store: ObjectStore, work: Work): ObjectStore {
  const count = (bytes: number): void => {
    work.requests += 1;
    work.bytes += bytes;
  };
  return {
    async head(key) {
      count(0);
      return store.head(key);
    },
    async get(key, options) {
      const object = await store.get(key, options);
      count(object?.size ?? 0);
      work.keys.push(key);
      return object;
    },
    async put(key, value, options) {
      count(value.length);
      return store.put(key, value, options);
    },
    async delete(keys) {
      count(0);
      return store.delete(keys);
    },
    async list(options) {
      const page = await store.list(options);
      count(page.objects.reduce((total, { key }) => total + key.length, 0));
      return page;
    },
  };
}
