import { describe, expect, it } from 'vitest';
import { countTo, drainTexts, leaseTexts, makeTemporaryFolder, messageOf, openQueue, sendAll } from './support.ts';

const EVERYTHING = Number.POSITIVE_INFINITY;

describe('leases', () => {
  it('a message is leased once, and its reference holds what it takes to read it', async () => {
    const { queue, clock } = await openQueue(await makeTemporaryFolder());
    await sendAll(queue, ['one', 'three']);
    expect(await queue.lease(10, EVERYTHING)).toMatchObject([
      { offset: 0, length: 3, attempts: 1, arrival: clock.time },
      { offset: 23, length: 5, attempts: 1, arrival: clock.time },
    ]);
    expect(await queue.lease(10, EVERYTHING)).toEqual([]);
  });

  it('a lease ends at the bound of messages and of bytes, and the first message always fits', async () => {
    const { queue } = await openQueue(await makeTemporaryFolder());
    await queue.sendBatch(['12345', '12', '123', '1234', '1', '2'].map(messageOf));
    expect(await leaseTexts(queue, 0)).toEqual([]);
    expect((await queue.lease(9, 1)).map(({ length }) => length)).toEqual([5]);
    expect((await queue.lease(9, 5)).map(({ length }) => length)).toEqual([2, 3]);
    expect((await queue.lease(2, EVERYTHING)).map(({ length }) => length)).toEqual([4, 1]);
  });

  it('concurrent leases share the messages out', async () => {
    const { queue } = await openQueue(await makeTemporaryFolder());
    await queue.sendBatch(countTo(60).map(messageOf));
    const leases = await Promise.all(countTo(8).map(() => queue.lease(10, EVERYTHING)));
    expect(new Set(leases.flat().map(({ id }) => id)).size).toBe(60);
    expect(leases.flat()).toHaveLength(60);
  });

  it('a lease that is not settled ends by itself, and the message comes with its attempts counted', async () => {
    const { queue, clock } = await openQueue(await makeTemporaryFolder(), { lease_ms: 5_000 });
    await sendAll(queue, ['one']);
    const [late] = await queue.lease(1, EVERYTHING);
    clock.time += 4_999;
    expect(await queue.lease(1, EVERYTHING)).toEqual([]);
    clock.time += 1;
    expect(await queue.lease(1, EVERYTHING)).toMatchObject([{ id: late?.id, attempts: 2 }]);
    await queue.ack([late?.id ?? '']);
    expect((await queue.metrics()).backlogCount).toBe(0);
  });

  it('releaseAll gives back what is leased, in order, and leaves delays alone', async () => {
    const { queue, clock } = await openQueue(await makeTemporaryFolder());
    await sendAll(queue, countTo(5));
    const messages = await queue.lease(4, EVERYTHING);
    queue.retry([messages[1]?.id ?? ''], 1_000);
    queue.releaseAll();
    expect(await leaseTexts(queue)).toEqual(['message 0', 'message 2', 'message 3', 'message 4']);
    clock.time += 1_000;
    expect(await leaseTexts(queue)).toEqual(['message 1']);
  });

  it('a retried message comes after its delay, before new ones, with its attempts counted', async () => {
    const { queue, clock } = await openQueue(await makeTemporaryFolder());
    await sendAll(queue, ['one', 'two']);
    const [one] = await queue.lease(1, EVERYTHING);
    queue.retry([one?.id ?? ''], 30_000);
    expect(queue.stats()).toMatchObject({ leased: 0, delayed: 1 });
    clock.time += 29_999;
    expect(await leaseTexts(queue, 1)).toEqual(['two']);
    await sendAll(queue, ['three']);
    clock.time += 1;
    expect(await queue.lease(1, EVERYTHING)).toMatchObject([{ id: one?.id, attempts: 2 }]);
  });

  it('an id that is acknowledged twice, or never was out, changes nothing', async () => {
    const { queue } = await openQueue(await makeTemporaryFolder());
    await sendAll(queue, ['one', 'two']);
    const [one] = await queue.lease(1, EVERYTHING);
    const id = one?.id ?? '';
    await queue.ack([id, id, '1-23', 'nonsense']);
    await queue.ack([id]);
    queue.retry([id], 0);
    expect(await drainTexts(queue)).toEqual(['two']);
    expect(await queue.metrics()).toEqual({ backlogCount: 0, backlogBytes: 0 });
  });
});

describe('dead letters', () => {
  it('after attempts_max deliveries a message lies durably among the dead letters, with its arrival', async () => {
    const folder = await makeTemporaryFolder();
    const { queue, clock, problems } = await openQueue(folder, { attempts_max: 3 });
    await sendAll(queue, ['poison', 'fine']);
    const arrival = clock.time;
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const [message] = await queue.lease(1, EVERYTHING);
      expect(message?.attempts).toBe(attempt);
      clock.time += 1_000;
      queue.retry([message?.id ?? ''], 0);
    }
    expect(await leaseTexts(queue)).toEqual(['fine']);
    expect(queue.stats().dead).toBe(1);
    expect(problems.map(({ code }) => code)).toEqual(['buried']);
    expect((await queue.metrics()).backlogCount).toBe(1);
    await queue.close();

    const { queue: again } = await openQueue(folder);
    expect(await again.deadLetters?.lease(1, EVERYTHING)).toMatchObject([{ length: 6, arrival, attempts: 1 }]);
    expect(again.deadLetters === null ? [] : await drainTexts(again.deadLetters)).toEqual([]);
  });

  it('a dead letter that cannot be kept stays in the queue and is tried again', async () => {
    const { queue, clock, problems } = await openQueue(await makeTemporaryFolder(), { attempts_max: 1 });
    await sendAll(queue, ['poison']);
    const [message] = await queue.lease(1, EVERYTHING);
    queue.retry([message?.id ?? ''], 0);
    await queue.deadLetters?.close();
    expect(await queue.lease(1, EVERYTHING)).toEqual([]);
    expect(problems.map(({ code }) => code)).toEqual(['bury_failed']);
    expect((await queue.metrics()).backlogCount).toBe(1);
    clock.time += 60_000;
    expect(await queue.lease(1, EVERYTHING)).toEqual([]);
    expect(problems).toHaveLength(2);
  });
});

describe('waiting for messages', () => {
  it('resolves when one is durable, when a delay ends, and when the signal is aborted', async () => {
    const { queue } = await openQueue(await makeTemporaryFolder(), {
      clock: { now: () => Date.now(), sleep: () => Promise.reject(new Error('unused')) },
    });
    const { signal } = new AbortController();
    const waiting = queue.waitForMessages(signal);
    await sendAll(queue, ['one']);
    await waiting;
    const [message] = await queue.lease(1, EVERYTHING);
    queue.retry([message?.id ?? ''], 20);
    expect(await queue.lease(1, EVERYTHING)).toEqual([]);
    await queue.waitForMessages(signal);
    expect(await queue.lease(1, EVERYTHING)).toMatchObject([{ attempts: 2 }]);
    const abort = new AbortController();
    const aborted = queue.waitForMessages(abort.signal);
    abort.abort();
    await aborted;
  });

  it('rejects when the queue is closed', async () => {
    const { queue } = await openQueue(await makeTemporaryFolder());
    const waiting = expect(queue.waitForMessages(new AbortController().signal)).rejects.toThrow('The queue is closed.');
    await queue.close();
    await waiting;
  });

  it('can ask for more than one message, and gets less when no more may be out', async () => {
    const { queue } = await openQueue(await makeTemporaryFolder(), { out_max: 5 });
    const { signal } = new AbortController();
    let done = false;
    const waiting = queue.waitForMessages(signal, { messages: 3, bytes: 1_000 }).then(() => {
      done = true;
    });
    await sendAll(queue, ['one', 'two']);
    expect(done).toBe(false);
    await sendAll(queue, ['three']);
    await waiting;
    await sendAll(queue, countTo(10));
    await queue.waitForMessages(signal, { messages: 10, bytes: 1_000 });
    expect(await queue.lease(10, EVERYTHING)).toHaveLength(5);
  });
});

describe('a large backlog', () => {
  it('of 300,000 messages goes through bounded structures', async () => {
    const { queue } = await openQueue(await makeTemporaryFolder(), { out_max: 2_000, journal_bytes_max: 1_000_000 });
    const batch = countTo(100, '').map(messageOf);
    for (let round = 0; round < 30; round += 1) {
      await Promise.all(Array.from({ length: 100 }, () => queue.sendBatch(batch)));
    }
    expect((await queue.metrics()).backlogCount).toBe(300_000);
    expect(queue.stats().journals).toBeLessThan(20);
    let acknowledged = 0;
    let out = 0;
    for (;;) {
      const messages = await queue.lease(1_500, EVERYTHING);
      const { leased, delayed } = queue.stats();
      out = Math.max(out, leased + delayed);
      if (messages.length === 0) break;
      await queue.ack(messages.map(({ id }) => id));
      acknowledged += messages.length;
    }
    expect(acknowledged).toBe(300_000);
    expect(out).toBeLessThanOrEqual(2_000);
    expect(queue.stats()).toMatchObject({ journals: 1, leased: 0, delayed: 0 });
  });

  it('nothing new is given out while out_max messages are leased or delayed', async () => {
    const { queue } = await openQueue(await makeTemporaryFolder(), { out_max: 10 });
    await queue.sendBatch(countTo(30).map(messageOf));
    const messages = await queue.lease(6, EVERYTHING);
    queue.retry(
      messages.slice(0, 3).map(({ id }) => id),
      10_000,
    );
    expect(await queue.lease(30, EVERYTHING)).toHaveLength(4);
    expect(await queue.lease(30, EVERYTHING)).toEqual([]);
    await queue.ack(messages.map(({ id }) => id));
    expect(await queue.lease(30, EVERYTHING)).toHaveLength(6);
  });
});
