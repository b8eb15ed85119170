import { EmbeddedQueue } from '../../platform/bun/queue/queue.ts';
import { systemClock } from '../../platform/bun/system.ts';
import type { QueueBatch } from '../../platform/ports.ts';
import { describeQueue } from '../conformance/ports/queue.ts';
import { temporaryFolder } from '../support/inlet.ts';

const BATCH = { messages_max: 100, bytes_max: 10_000_000 };

async function receive(queue: EmbeddedQueue, consume: (batch: QueueBatch) => Promise<void>): Promise<void> {
  const leased = await queue.lease(BATCH.messages_max, BATCH.bytes_max);
  if (leased.length === 0) return;
  // What a message says of itself counts; the others go by how the consumer ends.
  const said = new Map<string, 'ack' | 'retry'>();
  const messages = await Promise.all(
    leased.map(async (message) => ({
      id: message.id,
      body: await queue.read(message),
      attempts: message.attempts,
      ack: () => said.set(message.id, 'ack'),
      retry: () => said.set(message.id, 'retry'),
    })),
  );
  const end = await consume({ queue: 'packs', messages }).then(
    () => 'ack',
    () => 'retry',
  );
  const settled = (settlement: string): string[] =>
    leased.map(({ id }) => id).filter((id) => (said.get(id) ?? end) === settlement);
  await queue.ack(settled('ack'));
  queue.retry(settled('retry'), 0);
}

describeQueue('bun, journals on disk', async () => {
  const folder = temporaryFolder('queue');
  const queue = await EmbeddedQueue.open(folder.path, {
    clock: systemClock,
    queue_bytes_max: 100_000_000,
    disk_free_bytes_min: 0,
    report: () => {},
  });
  return {
    port: { queue, receive: (consume) => receive(queue, consume) },
    close: async () => {
      await queue.close();
      folder.remove();
    },
  };
});
