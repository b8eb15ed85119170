/** A process of ours beside the server: started, heard, started again when it dies, and told to stop. */
import { resolve } from 'node:path';
import { type FromChild, isMessage, type ToCentral, type ToConsumer } from './child-messages.ts';

const RESTART_MS = { from: 250, to: 30_000 };
/** Whoever lived this long did not die of how it starts. */
const STEADY_MS = 60_000;
const STOP_MS = 15_000;

export interface ChildOptions {
  readonly env: Record<string, string | undefined>;
  /** What the process runs: a file of this folder, or an absolute path. */
  readonly script: string;
  /** What an operator calls it, and what waits while it is away. */
  readonly name: string;
  readonly meanwhile: string;
  /** Told of what an operator should hear of. */
  readonly report: (problem: string) => void;
  /** Told of every message that is not one of all children. */
  readonly receive?: (message: unknown) => void;
  readonly ended?: (cause: Error) => void;
}

export interface Child {
  /** The latest samples it sent, names to values. */
  readonly samples: Readonly<Record<string, number>>;
  readonly restarts: number;
  readonly running: boolean;
  /** Resolves when it runs. */
  ready(): Promise<void>;
  send(message: ToConsumer | ToCentral): void;
  /** Lets it finish what it has, and waits for it. */
  stop(): Promise<void>;
}

export function keepChild({ env, script, name, meanwhile, report, receive, ended }: ChildOptions): Child {
  let samples: Readonly<Record<string, number>> = {};
  let restarts = 0;
  let deaths = 0;
  let stopping = false;
  let ready = Promise.withResolvers<void>();
  let running = false;
  let startedAt = 0;
  let child = spawn();

  function spawn() {
    startedAt = performance.now();
    return Bun.spawn([process.execPath, resolve(import.meta.dirname, script)], {
      env,
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'inherit',
      serialization: 'json',
      ipc: hear,
      onExit: (_process, code, signal) => {
        // Whoever waits for a process that was never ready waits for the next one.
        if (running) ready = Promise.withResolvers();
        running = false;
        ended?.(new Error(`the ${name} ended (${signal ?? code})`));
        if (!stopping) restart(`${signal ?? code}`);
      },
    });
  }

  function restart(cause: string): void {
    report(`The ${name} process ended (${cause}); it starts again. ${meanwhile}`);
    deaths = performance.now() - startedAt < STEADY_MS ? deaths + 1 : 1;
    restarts += 1;
    const delay_ms = Math.min(RESTART_MS.to, RESTART_MS.from * 2 ** (deaths - 1));
    setTimeout(() => {
      if (!stopping) child = spawn();
    }, delay_ms);
  }

  function hear(message: unknown): void {
    if (!isMessage<FromChild>(message, ['ready', 'metrics', 'problem'])) receive?.(message);
    else if (message.kind === 'metrics') samples = message.samples;
    else if (message.kind === 'problem') report(message.text);
    else {
      running = true;
      ready.resolve();
    }
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
    ready: () => ready.promise,
    send: (message) => child.send(message),
    stop: async () => {
      stopping = true;
      ready.resolve();
      if (running) child.send({ kind: 'stop' });
      // It has begun nothing yet, and would not hear.
      else child.kill('SIGKILL');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await child.exited;
      clearTimeout(timer);
    },
  };
}
