import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { QueueProblem } from '../../platform/bun/queue/errors.ts';
import { type JournalFile, type OpenJournal, openJournal } from '../../platform/bun/queue/files.ts';
import { EmbeddedQueue, type EmbeddedQueueOptions } from '../../platform/bun/queue/queue.ts';

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

export async function makeTemporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'inlet-queue-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A clock that stands still until it is set. */
export class ManualClock {
  time = 1_700_000_000_000;

  now(): number {
    return this.time;
  }

  sleep(): Promise<void> {
    throw new Error('The queue does not sleep.');
  }
}

export interface Opened {
  readonly queue: EmbeddedQueue;
  readonly clock: ManualClock;
  readonly problems: QueueProblem[];
}

/** An open queue that closes after the test. */
export async function openQueue(folder: string, options: Partial<EmbeddedQueueOptions> = {}): Promise<Opened> {
  const clock = new ManualClock();
  const problems: QueueProblem[] = [];
  const queue = await EmbeddedQueue.open(folder, {
    clock,
    queue_bytes_max: 1_073_741_824,
    disk_free_bytes_min: 0,
    report: (problem) => problems.push(problem),
    ...options,
  });
  cleanups.push(() => queue.close());
  return { queue, clock, problems };
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function messageOf(text: string): { body: Uint8Array; contentType: 'bytes' } {
  return { body: bytesOf(text), contentType: 'bytes' };
}

/** One after the other, each durable before the next. */
export async function sendAll(queue: EmbeddedQueue, texts: readonly string[]): Promise<void> {
  for (const text of texts) await queue.send(bytesOf(text), { contentType: 'bytes' });
}

/** Leases what there is; gives the bodies as text. */
export async function leaseTexts(queue: EmbeddedQueue, max = 1_000): Promise<string[]> {
  const messages = await queue.lease(max, Number.POSITIVE_INFINITY);
  return Promise.all(messages.map(async (message) => new TextDecoder().decode(await queue.read(message))));
}

/** Leases and acknowledges all that is there, in batches; gives the bodies as text. */
export async function drainTexts(queue: EmbeddedQueue): Promise<string[]> {
  const texts: string[] = [];
  for (;;) {
    const messages = await queue.lease(100, Number.POSITIVE_INFINITY);
    if (messages.length === 0) return texts;
    for (const message of messages) texts.push(new TextDecoder().decode(await queue.read(message)));
    await queue.ack(messages.map(({ id }) => id));
  }
}

export function countTo(count: number, prefix = 'message'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix} ${index}`);
}

/** Real journals whose `sync` runs `around`, which calls the real one or does not. */
export function syncingWith(around: (sync: () => Promise<void>) => Promise<void>): OpenJournal {
  return async (path): Promise<JournalFile> => {
    const file = await openJournal(path);
    return { ...file, sync: () => around(file.sync) };
  };
}
