/** Stores that come between: to kill a process at any step, and to let others act between two steps. */
import type { ObjectStore } from '../../platform/ports.ts';

/** Calls `after` when each call of the store has taken effect; what it throws, the caller gets. */
export function watchedStore(store: ObjectStore, after: (isWrite: boolean) => Promise<void>): ObjectStore {
  const then = async <Result>(result: Promise<Result>, isWrite: boolean): Promise<Result> => {
    const value = await result;
    await after(isWrite);
    return value;
  };
  return {
    head: (key) => then(store.head(key), false),
    get: (key, options) => then(store.get(key, options), false),
    put: (key, value, options) => then(store.put(key, value, options), true),
    // A store may be stopped half way through a list of keys.
    delete: async (keys) => {
      for (const key of [keys].flat()) await then(store.delete(key), true);
    },
    list: (options) => then(store.list(options), false),
  };
}

export class Killed extends Error {}

/**
 * The process that uses it dies right after so many writes: nothing works from then on. Deaths between reads are the
 * same death, as nothing changes there.
 */
export function mortalStore(store: ObjectStore, writes: number): ObjectStore {
  let done = 0;
  return watchedStore(store, async (isWrite) => {
    if (isWrite) done += 1;
    if (done >= writes) throw new Killed(`after write ${done}`);
  });
}

/** Copies every object. */
export async function copyStore(from: ObjectStore, to: ObjectStore): Promise<void> {
  for (const { key } of (await from.list()).objects) {
    const object = await from.get(key);
    if (object !== null) await to.put(key, new Uint8Array(await object.arrayBuffer()));
  }
}
