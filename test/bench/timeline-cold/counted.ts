/** Counts what a reader asks of a store, as a bill would. */
import type { ObjectStore } from '../../../platform/ports.ts';

export interface Reads {
  /** Gets, heads and lists. */
  requests: number;
  /** Of the objects and ranges that came. */
  bytes: number;
}

export function countedStore(store: ObjectStore, reads: Reads): ObjectStore {
  return {
    ...store,
    async head(key) {
      reads.requests += 1;
      return store.head(key);
    },
    async get(key, options) {
      const object = await store.get(key, options);
      reads.requests += 1;
      reads.bytes += object === null ? 0 : Math.min(object.size, options?.range?.length ?? object.size);
      return object;
    },
    async list(options) {
      const page = await store.list(options);
      reads.requests += 1;
      reads.bytes += page.objects.reduce((sum, { key }) => sum + key.length, 0);
      return page;
    },
  };
}
