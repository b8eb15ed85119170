/**
 * Lets the engine's compiler threads give way to the thread that answers. On one core they are equals to the scheduler
 * and take slices of some milliseconds each, for the first minutes after a start: the slowest hundredth of 10,000
 * timelines took 13 to 14 ms, and takes 8 to 10 ms this way. Called before the code that answers is compiled, it delays
 * that. Linux with /proc only: elsewhere a thread has no priority of its own, or cannot be found.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** Compilers, and the one that hands free memory back. Both end when idle and start anew. */
const IN_THE_BACKGROUND = new Set(['JITWorker', 'mi-scavenger']);
const THREADS = '/proc/self/task';
const LOOK_EVERY_MS = 500;

/** From now on until the process ends. */
export function keepCompilersLow(): void {
  if (process.platform !== 'linux' || !existsSync(THREADS)) return;
  const low = new Set<string>();
  setInterval(() => lower(low), LOOK_EVERY_MS).unref();
  lower(low);
}

/** @param low threads that are low already: changed to those that still run */
function lower(low: Set<string>): void {
  const running = readdirSync(THREADS);
  for (const thread of low) if (!running.includes(thread)) low.delete(thread);
  for (const thread of running) {
    if (low.has(thread)) continue;
    try {
      if (!IN_THE_BACKGROUND.has(readFileSync(`${THREADS}/${thread}/comm`, 'utf8').trim())) continue;
      setPriority(Number(thread), constants.priority.PRIORITY_LOW);
      low.add(thread);
    } catch {
      // It has ended meanwhile, or the system does not allow it: then it stays as it is.
    }
  }
}
