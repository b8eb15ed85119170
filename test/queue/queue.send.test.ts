import { describe, expect, it } from 'vitest';
import {
  bytesOf,
  countTo,
  drainTexts,
  makeTemporaryFolder,
  messageOf,
  openQueue,
  sendAll,
  syncingWith,
} from './support.ts';

describe('sending', () => {
  it('messages come out in the order they were sent, over many journals', async () => {
    const { queue } = await openQueue(await makeTemporaryFolder(), { journal_bytes_max: 300 });
    const texts = countTo(40);
    await sendAll(queue, texts.slice(0, 20));
    await queue.sendBatch(texts.slice(20).map(messageOf));
    expect(queue.stats().journals).toBeGreaterThan(2);
    expect(await drainTexts(queue)).toEqual(texts);
  });

  it('64 concurrent sends share one flush', async () => {
    const { queue } = await openQueue(await makeTemporaryFolder());
    const texts = countTo(64);
    await Promise.all(texts.map((text) => queue.send(bytesOf(text), { contentType: 'bytes' })));
    expect(queue.stats()).toMatchObject({ flushes: 1, messages: 64 });
    expect(await drainTexts(queue)).toEqual(texts);
  });

  it('sends that come while a flush is under way share the next one', async () => {
    const synced = Promise.withResolvers<void>();
    const { queue } = await openQueue(await makeTemporaryFolder(), {
      openJournal: syncingWith((sync) => synced.promise.then(sync)),
    });
    const first = queue.send(bytesOf('first'), { contentType: 'bytes' });
    await new Promise((resolve) => setTimeout(resolve, 5));
    const others = countTo(30).map((text) => queue.send(bytesOf(text), { contentType: 'bytes' }));
    expect(queue.stats().flushes).toBe(0);
    synced.resolve();
    await Promise.all([first, ...others]);
    expect(queue.stats().flushes).toBe(2);
  });

  it('a send does not resolve before its bytes were synced', async () => {
    const synced = Promise.withResolvers<void>();
    const { queue } = await openQueue(await makeTemporaryFolder(), {
      openJournal: syncingWith((sync) => synced.promise.then(sync)),
    });
    let resolved = false;
    const sent = queue.send(bytesOf('one'), { contentType: 'bytes' }).then(() => {
      resolved = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(resolved).toBe(false);
    expect(await queue.lease(1, 1_000)).toEqual([]);
    synced.resolve();
    await sent;
    expect(await queue.lease(1, 1_000)).toHaveLength(1);
  });

  it('a message of 128,000 bytes is taken and one of 128,001 is refused', async () => {
    const { queue } = await openQueue(await makeTemporaryFolder());
    const largest = new Uint8Array(128_000).fill(7);
    await queue.send(largest, { contentType: 'bytes' });
    await expect(queue.send(new Uint8Array(128_001), { contentType: 'bytes' })).rejects.toThrow(RangeError);
    const [message] = await queue.lease(10, 1);
    expect(message === undefined ? null : Buffer.compare(await queue.read(message), largest)).toBe(0);
  });

  it('a batch of none or of more than 100 is refused, and nothing of it is stored', async () => {
    const { queue } = await openQueue(await makeTemporaryFolder());
    await expect(queue.sendBatch([])).rejects.toThrow(RangeError);
    await expect(queue.sendBatch(countTo(101).map(messageOf))).rejects.toThrow(RangeError);
    await expect(
      queue.sendBatch([messageOf('fine'), { body: new Uint8Array(128_001), contentType: 'bytes' }]),
    ).rejects.toThrow(RangeError);
    expect((await queue.metrics()).backlogCount).toBe(0);
    await queue.sendBatch(countTo(100).map(messageOf));
    expect((await queue.metrics()).backlogCount).toBe(100);
  });

  it('close writes what was sent before and refuses what is sent after', async () => {
    const folder = await makeTemporaryFolder();
    const { queue } = await openQueue(folder);
    const sent = countTo(10).map((text) => queue.send(bytesOf(text), { contentType: 'bytes' }));
    const closed = queue.close();
    await expect(queue.send(bytesOf('late'), { contentType: 'bytes' })).rejects.toThrow('The queue is closed.');
    await Promise.all([closed, ...sent]);
    expect(await drainTexts((await openQueue(folder)).queue)).toEqual(countTo(10));
  });
});
