/** The server's side of its consumer process: hands it packs, and hears what became of them. */
import { type Child, keepChild } from './child.ts';
import { isMessage, type PackReference, type Settled, type ToConsumer } from './child-messages.ts';
import type { Settlement } from './queue/consume.ts';

export interface ConsumerLink extends Pick<Child, 'samples' | 'restarts' | 'running' | 'stop'> {
  /** Several at a time, as it likes. @throws when the process dies over it; then the packs are to be delivered again. */
  handle(packs: readonly PackReference[]): Promise<Settlement[]>;
  /** Tells of the key of each segment that is put into the log from now on. @returns ends it */
  follow(told: (segment: string) => void): () => void;
  /** How long it has had work so far, milliseconds. */
  readonly busy_ms: number;
}

/**
 * How long free memory is kept before it goes back to the system, milliseconds. Each batch needs again what the one before
 * gave back: at the usual 10 ms a quarter of the consumer's system time went into getting pages, a tenth of all its time.
 */
const KEEP_FREE_MEMORY_MS = '5000';

interface Waiter {
  resolve(settlements: Settlement[]): void;
  reject(error: Error): void;
}

/**
 * @param report told what an operator should hear of
 * @param script what the process runs
 */
export function startConsumer(
  env: Record<string, string | undefined>,
  report: (problem: string) => void,
  script = 'main.consumer.ts',
): ConsumerLink {
  const waiters = new Map<number, Waiter>();
  const followers = new Set<(segment: string) => void>();
  let lastBatch = 0;
  let busy_ms = 0;
  let busySince = 0;
  const settle = (): void => {
    if (waiters.size === 0) busy_ms += performance.now() - busySince;
  };
  const child = keepChild({
    env: { MIMALLOC_PURGE_DELAY: KEEP_FREE_MEMORY_MS, ...env },
    script,
    name: 'consumer',
    meanwhile: 'Accepted events wait in the queue.',
    report,
    receive: (message) => {
      if (!isMessage<Settled>(message, ['settled'])) return;
      if (message.segment !== null) for (const told of followers) told(message.segment);
      waiters.get(message.batch)?.resolve(message.settlements);
      if (waiters.delete(message.batch)) settle();
    },
    ended: (cause) => {
      for (const waiter of waiters.values()) waiter.reject(cause);
      if (waiters.size === 0) return;
      waiters.clear();
      settle();
    },
  });

  return {
    get samples() {
      return child.samples;
    },
    get restarts() {
      return child.restarts;
    },
    get running() {
      return child.running;
    },
    get busy_ms() {
      return busy_ms + (waiters.size > 0 ? performance.now() - busySince : 0);
    },
    stop: () => child.stop(),
    follow: (told) => {
      followers.add(told);
      return () => followers.delete(told);
    },
    handle: async (packs) => {
      await child.ready();
      const { promise, resolve, reject } = Promise.withResolvers<Settlement[]>();
      lastBatch += 1;
      if (waiters.size === 0) busySince = performance.now();
      waiters.set(lastBatch, { resolve, reject });
      child.send({ kind: 'batch', batch: lastBatch, packs } satisfies ToConsumer);
      return promise;
    },
  };
}
