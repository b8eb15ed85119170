/** The server's side of its consumer process: starts it, hands it packs, starts it again when it dies. */
import { join } from 'node:path';
import { type FromConsumer, isMessage, type PackReference, type ToConsumer } from './consumer-messages.ts';
import type { Settlement } from './queue/consume.ts';

const RESTART_MS = { from: 250, to: 30_000 };
const STOP_MS = 15_000;

export interface ConsumerLink {
  /** Several at a time, as it likes. @throws when the process dies over it; then the packs are to be delivered again. */
  handle(packs: readonly PackReference[]): Promise<Settlement[]>;
  /** The latest samples of the consumer, names to values. */
  readonly samples: Readonly<Record<string, number>>;
  readonly restarts: number;
  readonly running: boolean;
  /** Lets it finish what it has, and waits for it. */
  stop(): Promise<void>;
}

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
  script = join(import.meta.dirname, 'main.consumer.ts'),
): ConsumerLink {
  const waiters = new Map<number, Waiter>();
  let lastBatch = 0;
  let samples: Readonly<Record<string, number>> = {};
  let restarts = 0;
  /** Deaths since it last stored a batch. */
  let deaths = 0;
  let stopping = false;
  let ready = Promise.withResolvers<void>();
  let running = false;
  let child = spawn();

  function spawn() {
    return Bun.spawn([process.execPath, script], {
      env,
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'inherit',
      serialization: 'json',
      ipc: receive,
      onExit: (_process, code, signal) => {
        // Whoever waits for a process that was never ready waits for the next one.
        if (running) ready = Promise.withResolvers();
        running = false;
        for (const waiter of waiters.values()) waiter.reject(new Error(`the consumer ended (${signal ?? code})`));
        waiters.clear();
        if (stopping) return;
        report(`The consumer process ended (${signal ?? code}); it starts again. Accepted events wait in the queue.`);
        const delay_ms = Math.min(RESTART_MS.to, RESTART_MS.from * 2 ** deaths);
        deaths += 1;
        restarts += 1;
        setTimeout(() => {
          if (!stopping) child = spawn();
        }, delay_ms);
      },
    });
  }

  function receive(message: unknown): void {
    if (!isMessage<FromConsumer>(message, ['ready', 'settled', 'metrics', 'problem'])) return;
    if (message.kind === 'ready') {
      running = true;
      ready.resolve();
    } else if (message.kind === 'settled') {
      deaths = 0;
      waiters.get(message.batch)?.resolve(message.settlements);
      waiters.delete(message.batch);
    } else if (message.kind === 'metrics') {
      samples = message.samples;
    } else {
      report(message.text);
    }
  }

  async function handle(packs: readonly PackReference[]): Promise<Settlement[]> {
    await ready.promise;
    const { promise, resolve, reject } = Promise.withResolvers<Settlement[]>();
    lastBatch += 1;
    waiters.set(lastBatch, { resolve, reject });
    send({ kind: 'batch', batch: lastBatch, packs });
    return promise;
  }

  function send(message: ToConsumer): void {
    child.send(message);
  }

  return {
    get samples() {
      return samples;
    },
    get restarts() {
      return restarts;
    },
    get running() {
      return running;
    },
    handle,
    stop: async () => {
      stopping = true;
      ready.resolve();
      if (running) send({ kind: 'stop' });
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await child.exited;
      clearTimeout(timer);
    },
  };
}
