import { expect } from 'vitest';
import type { Queue, QueueBatch } from '../../../platform/ports.ts';
import { describePort, type Opened, type Skips } from './cases.ts';

/** A queue and its other end. */
export interface QueueEnds {
  readonly queue: Queue;
  /** Delivers what waits as one batch, if anything does, and settles it: all acknowledged when `consume` resolves, none when it rejects. */
  receive(consume: (batch: QueueBatch) => Promise<void>): Promise<void>;
}

/** What every queue does, over one that is empty when it opens. Each test leaves it empty. */
export function describeQueue(name: string, open: () => Promise<Opened<QueueEnds>>, skips: Skips = {}): void {
  describePort(`${name}: queue`, open, skips, (test) => {
    test('a message is delivered byte for byte, with an id and its first attempt', async ({ queue, receive }) => {
      const sent = Uint8Array.from({ length: 256 }, (_, index) => index).subarray(1, 255);
      await queue.send(sent, { contentType: 'bytes' });
      let seen: unknown[] = [];
      await receive(async ({ messages }) => {
        seen = messages.map(({ id, body, attempts }) => [id.length > 0, bytesOf(body), attempts]);
      });
      expect(seen).toEqual([[true, sent, 1]]);
    });

    test('a batch of messages is delivered whole, each once', async ({ queue, receive }) => {
      await sendTexts(queue, ['one', 'two', 'three']);
      expect((await receiveTexts(receive)).sort()).toEqual(['one', 'three', 'two']);
      expect(await receiveTexts(receive)).toEqual([]);
    });

    test('bytes that change after the send change nothing in the queue', async ({ queue, receive }) => {
      const bytes = new TextEncoder().encode('before');
      await queue.send(bytes, { contentType: 'bytes' });
      bytes.fill(0);
      expect(await receiveTexts(receive)).toEqual(['before']);
    });

    test('messages come again, counted, when the consumer fails', async ({ queue, receive }) => {
      await sendTexts(queue, ['again']);
      await receive(async () => {
        throw new Error('the consumer fails');
      });
      let attempts: number[] = [];
      await receive(async ({ messages }) => {
        attempts = messages.map((message) => message.attempts);
      });
      expect(attempts).toEqual([2]);
      expect(await receiveTexts(receive)).toEqual([]);
    });

    test('only the messages that ask for it come again', async ({ queue, receive }) => {
      await sendTexts(queue, ['keep', 'retry']);
      await receive(async ({ messages }) => {
        for (const message of messages) {
          if (textOf(message.body) === 'retry') message.retry();
          else message.ack();
        }
      });
      expect(await receiveTexts(receive)).toEqual(['retry']);
    });

    test('an acknowledged message does not come again when the consumer then fails', async ({ queue, receive }) => {
      await sendTexts(queue, ['done', 'open']);
      await receive(async ({ messages }) => {
        messages.find(({ body }) => textOf(body) === 'done')?.ack();
        throw new Error('the consumer fails');
      });
      expect(await receiveTexts(receive)).toEqual(['open']);
    });

    test('metrics tell how much waits and since when', async ({ queue, receive }) => {
      expect(await queue.metrics()).toMatchObject({ backlogCount: 0, backlogBytes: 0 });
      await sendTexts(queue, ['four', 'five5']);
      const metrics = await queue.metrics();
      expect(metrics.backlogCount).toBe(2);
      expect(metrics.backlogBytes).toBeGreaterThanOrEqual(9);
      expect(metrics.oldestMessageTimestamp?.getTime()).toBeGreaterThan(0);
      await receiveTexts(receive);
      expect((await queue.metrics()).backlogCount).toBe(0);
    });

    test('a message over 128,000 bytes is refused and not stored', async ({ queue, receive }) => {
      await expect(queue.send(new Uint8Array(128_001), { contentType: 'bytes' })).rejects.toThrow();
      expect(await receiveTexts(receive)).toEqual([]);
    });

    test('a batch over 100 messages is refused and nothing of it stored', async ({ queue, receive }) => {
      await expect(
        sendTexts(
          queue,
          Array.from({ length: 101 }, () => 'x'),
        ),
      ).rejects.toThrow();
      expect(await receiveTexts(receive)).toEqual([]);
    });
  });
}

function sendTexts(queue: Queue, texts: string[]): Promise<unknown> {
  return queue.sendBatch(texts.map((text) => ({ body: new TextEncoder().encode(text), contentType: 'bytes' })));
}

async function receiveTexts(receive: QueueEnds['receive']): Promise<string[]> {
  const texts: string[] = [];
  await receive(async ({ messages }) => {
    texts.push(...messages.map(({ body }) => textOf(body)));
  });
  return texts;
}

function textOf(body: unknown): string {
  return new TextDecoder().decode(bytesOf(body));
}

/** Cloudflare delivers an ArrayBuffer. */
function bytesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return Uint8Array.from(body);
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  throw new TypeError('the body of a message is not bytes');
}
