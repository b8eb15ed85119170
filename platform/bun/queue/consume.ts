/** The loop between the queue and whoever stores its messages: one batch at a time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { QueueClosedError } from './errors.ts';
import type { LeasedMessage } from './leases.ts';
import type { EmbeddedQueue } from './queue.ts';

const DELAY_MS_MIN = 1_000;
const DELAY_MS_MAX = 60_000;

/** What becomes of one message: done with, or again after so many seconds. */
export type Settlement = 'ack' | { readonly retry: number };

export interface ConsumeOptions {
  readonly queue: EmbeddedQueue;
  /** One settlement a message, in order. When it throws, the whole batch comes again, later from time to time. */
  readonly handle: (messages: LeasedMessage[]) => Promise<Settlement[]>;
  readonly messages_max: number;
  /** Most bytes of bodies in a batch; a single message may be larger. */
  readonly bytes_max: number;
  /** How long the first message waits for others. */
  readonly linger_ms: number;
  /** Told of each batch that failed. */
  readonly onFailed: (cause: unknown) => void;
  readonly signal: AbortSignal;
}

/**
 * Runs until the signal is aborted; a batch under way is finished first. After a failed batch the next one waits, from
 * 1 second to a minute as failures follow each other.
 *
 * @throws QueueClosedError when the queue is closed before the loop is stopped
 */
export async function consumeQueue(options: ConsumeOptions): Promise<void> {
  const { queue, signal } = options;
  let failures = 0;
  while (!signal.aborted) {
    await queue.waitForMessages(signal);
    await linger(options);
    if (signal.aborted) return;
    try {
      await consumeBatch(options);
      failures = 0;
    } catch (cause) {
      if (cause instanceof QueueClosedError) throw cause;
      options.onFailed(cause);
      failures += 1;
      await sleep(delayMs(failures), undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Resolves when a batch is full, or when the first message has waited long enough. */
async function linger({ queue, messages_max, bytes_max, linger_ms, signal }: ConsumeOptions): Promise<void> {
  const over = new AbortController();
  const end = (): void => over.abort();
  const timer = setTimeout(end, linger_ms);
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  try {
    await queue.waitForMessages(over.signal, { messages: messages_max, bytes: bytes_max });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

async function consumeBatch({ queue, handle, messages_max, bytes_max }: ConsumeOptions): Promise<void> {
  const messages = await queue.lease(messages_max, bytes_max);
  if (messages.length === 0) return;
  let settlements: Settlement[];
  try {
    settlements = await handle(messages);
    if (settlements.length !== messages.length) {
      throw new Error(`${messages.length} messages were handled, but ${settlements.length} settled.`);
    }
  } catch (cause) {
    retryApart(queue, messages);
    throw cause;
  }
  for (const [index, { id }] of messages.entries()) {
    const settlement = settlements[index];
    if (settlement !== undefined && settlement !== 'ack') queue.retry([id], settlement.retry * 1_000);
  }
  await queue.ack(messages.filter((_, index) => settlements[index] === 'ack').map(({ id }) => id));
}

/** Spread out, so that a message that brings the consumer down loses the company it had, delivery by delivery. */
function retryApart(queue: EmbeddedQueue, messages: readonly LeasedMessage[]): void {
  for (const [index, { id, attempts }] of messages.entries()) {
    queue.retry([id], delayMs(attempts) * (1 + index / messages.length));
  }
}

/** Doubles with each time, up to a minute. */
function delayMs(times: number): number {
  return Math.min(DELAY_MS_MIN * 2 ** (times - 1), DELAY_MS_MAX);
}
