/** Many actors over one store, of which a seeded coin says who goes on after each call. */
import type { ObjectStore } from '../../platform/ports.ts';
import type { SeededRandom } from '../../platform/sim/random.ts';

export interface Turns {
  /** The store for one actor: each call waits until it is its turn. */
  store(store: ObjectStore): ObjectStore;
  /** Runs the actors until all are done. */
  run(actors: readonly (() => Promise<void>)[]): Promise<void>;
}

export function takeTurns(random: SeededRandom): Turns {
  const waiting: (() => void)[] = [];
  const turn = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
  return {
    store: (store) => ({
      head: (key) => turn().then(() => store.head(key)),
      get: (key, options) => turn().then(() => store.get(key, options)),
      put: (key, value, options) => turn().then(() => store.put(key, value, options)),
      delete: (keys) => turn().then(() => store.delete(keys)),
      list: (options) => turn().then(() => store.list(options)),
    }),
    async run(actors) {
      let running = actors.length;
      const ends = actors.map((actor) =>
        actor().finally(() => {
          running -= 1;
        }),
      );
      while (running > 0) {
        // Until everyone waits for a turn, or works on what is no call of the store.
        await new Promise((resolve) => setImmediate(resolve));
        if (waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        const [next] = waiting.splice(random.below(waiting.length), 1);
        next?.();
      }
      await Promise.all(ends);
    },
  };
}
