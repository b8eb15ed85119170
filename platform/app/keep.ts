import type { Clock } from '../ports.ts';

/** Does the work over and over until the signal is aborted. A failure is told of; it never ends the loop. */
export async function keep(
  work: () => Promise<unknown>,
  {
    every_ms,
    clock,
    signal,
    failed,
  }: { every_ms: number; clock: Clock; signal: AbortSignal; failed: (cause: unknown) => void },
): Promise<void> {
  while (!signal.aborted) {
    try {
      await work();
    } catch (cause) {
      failed(cause);
    }
    await sleepUntilAborted(clock.sleep(every_ms), signal);
  }
}

/** Leaves nothing at the signal, which lives as long as the process. */
async function sleepUntilAborted(sleep: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = (): void => resolve();
  signal.addEventListener('abort', wake, { once: true });
  if (signal.aborted) wake();
  await Promise.race([sleep, promise]);
  signal.removeEventListener('abort', wake);
}
