/** Servers on core 0, load on core 1, where that can be had: then neither slows the other. */
import { availableParallelism } from 'node:os';

export const PINNED = process.platform === 'linux' && availableParallelism() > 1 && Bun.which('taskset') !== null;

export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

/** What to put before a command. */
export function onCore(core: number): string[] {
  return PINNED ? ['taskset', '-c', String(core)] : [];
}

/** This process with all of its threads, and the processes that it starts from here on. */
export function pinThisProcess(core: number): void {
  if (PINNED) Bun.spawnSync(['taskset', '-a', '-c', '-p', String(core), String(process.pid)]);
}
