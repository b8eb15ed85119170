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
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  while (!signal.aborted) {
    try {
      await work();
    } catch (cause) {
      failed(cause);
    }
    await Promise.race([clock.sleep(every_ms), aborted]);
  }
}
