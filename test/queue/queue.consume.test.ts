import { describe, expect, it } from 'vitest';
import { type ConsumeOptions, consumeQueue, type Settlement } from '../../platform/bun/queue/consume.ts';
import type { LeasedMessage } from '../../platform/bun/queue/leases.ts';
import type { EmbeddedQueue } from '../../platform/bun/queue/queue.ts';
import { countTo, makeTemporaryFolder, messageOf, openQueue, sendAll } from './support.ts';

const clock = { now: () => Date.now(), sleep: () => Promise.reject(new Error('unused')) };

interface Consumer {
  readonly batches: LeasedMessage[][];
  readonly failures: unknown[];
  readonly stop: () => Promise<void>;
  /** Resolves when so many messages were handed over. */
  readonly handled: (count: number) => Promise<void>;
}

/** Runs the loop; `settle` says what becomes of a batch. */
function consume(
  queue: EmbeddedQueue,
  settle: (messages: LeasedMessage[]) => Settlement[] | Promise<Settlement[]>,
  options: Partial<ConsumeOptions> = {},
): Consumer {
  const controller = new AbortController();
  const batches: LeasedMessage[][] = [];
  const failures: unknown[] = [];
  const watchers = new Set<() => void>();
  const loop = consumeQueue({
    queue,
    handle: async (messages) => {
      batches.push(messages);
      for (const watcher of watchers) watcher();
      return settle(messages);
    },
    messages_max: 20,
    bytes_max: 1_000_000,
    linger_ms: 5,
    onFailed: (cause) => failures.push(cause),
    signal: controller.signal,
    ...options,
  });
  return {
    batches,
    failures,
    stop: () => {
      controller.abort();
      return loop;
    },
    handled: (count) =>
      new Promise((resolve) => {
        const watcher = (): void => {
          if (batches.flat().length >= count) resolve();
        };
        watchers.add(watcher);
        watcher();
      }),
  };
}

const acknowledge = (messages: LeasedMessage[]): Settlement[] => messages.map(() => 'ack');

describe('consuming', () => {
  it('hands all messages over in full batches, in order, and acknowledges them', async () => {
    const { queue } = await openQueue(await makeTemporaryFolder(), { clock });
    await queue.sendBatch(countTo(50).map(messageOf));
    const consumer = consume(queue, acknowledge);
    await consumer.handled(50);
    await consumer.stop();
    expect(consumer.batches.map((batch) => batch.length)).toEqual([20, 20, 10]);
    const offsets = consumer.batches.flat().map(({ offset }) => offset);
    expect(offsets).toEqual(offsets.toSorted((left, right) => left - right));
    expect((await queue.metrics()).backlogCount).toBe(0);
  });

  it('lets the first message wait for others, but not once the batch is full or large enough', async () => {
    const { queue } = await openQueue(await makeTemporaryFolder(), { clock });
    const consumer = consume(queue, acknowledge, { linger_ms: 3_600_000, messages_max: 3, bytes_max: 30 });
    await sendAll(queue, ['one', 'two', 'three']);
    await consumer.handled(3);
    await sendAll(queue, ['a message of 31 bytes, or so....']);
    await consumer.handled(4);
    await sendAll(queue, ['lingers']);
    await consumer.stop();
    expect(consumer.batches.map((batch) => batch.length)).toEqual([3, 1]);
    expect((await queue.metrics()).backlogCount).toBe(1);
  });

  it('a message settled with retry comes again after its delay, the others do not', async () => {
    const { queue } = await openQueue(await makeTemporaryFolder(), { clock });
    await queue.sendBatch(countTo(3).map(messageOf));
    const consumer = consume(queue, (messages) =>
      messages.map(({ attempts }, index) => (index === 1 && attempts === 1 ? { retry: 0.02 } : 'ack')),
    );
    await consumer.handled(4);
    await consumer.stop();
    expect(consumer.batches[1]).toMatchObject([{ id: consumer.batches[0]?.[1]?.id, attempts: 2 }]);
    expect((await queue.metrics()).backlogCount).toBe(0);
  });

  it('when the handler throws, or settles too few, the batch comes again, and the failure is told', async () => {
    const { queue } = await openQueue(await makeTemporaryFolder(), { clock });
    await queue.sendBatch(countTo(2).map(messageOf));
    const consumer = consume(queue, (messages) => {
      if (consumer.batches.length === 1) throw new Error('the consumer died');
      return acknowledge(messages);
    });
    await consumer.handled(2);
    expect((await queue.metrics()).backlogCount).toBe(2);
    await consumer.handled(4);
    await consumer.stop();
    expect(consumer.failures).toMatchObject([{ message: 'the consumer died' }]);
    expect((await queue.metrics()).backlogCount).toBe(0);

    await sendAll(queue, ['one']);
    const careless = consume(queue, () => []);
    await careless.handled(1);
    await careless.stop();
    expect(careless.failures).toMatchObject([{ message: '1 messages were handled, but 0 settled.' }]);
    expect(queue.stats().delayed).toBe(1);
  });

  it('a batch under way is finished and settled before the loop ends', async () => {
    const { queue } = await openQueue(await makeTemporaryFolder(), { clock });
    await sendAll(queue, ['one']);
    const finish = Promise.withResolvers<void>();
    const consumer = consume(queue, (messages) => finish.promise.then(() => acknowledge(messages)));
    await consumer.handled(1);
    const stopped = consumer.stop();
    expect((await queue.metrics()).backlogCount).toBe(1);
    finish.resolve();
    await stopped;
    expect((await queue.metrics()).backlogCount).toBe(0);
  });

  it('ends with an error when the queue is closed under it', async () => {
    const { queue } = await openQueue(await makeTemporaryFolder(), { clock });
    const ended = expect(consume(queue, acknowledge, { signal: new AbortController().signal }).stop()).rejects.toThrow(
      'The queue is closed.',
    );
    await new Promise((resolve) => setTimeout(resolve, 5));
    await queue.close();
    await ended;
  });
});
