import type { ObjectStore } from '../../platform/ports.ts';

export interface Work {
  requests: number;
  bytes: number;
}

/** Counts what goes through, in both directions. */
export function countedStore(store: ObjectStore, work: Work): ObjectStore {
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
