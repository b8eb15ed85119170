/** A process of its own: sends from 32 senders until it is killed, and prints each number once its send has resolved. */
import { writeSync } from 'node:fs';
import { EmbeddedQueue } from '../../platform/bun/queue/queue.ts';

const [folder = ''] = process.argv.slice(2);
const queue = await EmbeddedQueue.open(folder, {
  clock: { now: () => Date.now(), sleep: (milliseconds) => Bun.sleep(milliseconds) },
  queue_bytes_max: 1_073_741_824,
  disk_free_bytes_min: 0,
  report: (problem) => console.error(problem),
  // Small, so that kills also fall between two journals.
  journal_bytes_max: 200_000,
});
let next = 0;
async function send(): Promise<never> {
  for (;;) {
    const number = next;
    next += 1;
    await queue.send(Buffer.from(`${number} ${'x'.repeat(1_000)}`), { contentType: 'bytes' });
    writeSync(1, `${number}\n`);
  }
}
await Promise.all(Array.from({ length: 32 }, send));
