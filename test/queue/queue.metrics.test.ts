import { describe, expect, it } from 'vitest';
import { makeTemporaryFolder, messageOf, openQueue, syncingWith } from './support.ts';

const START = 1_700_000_000_000;

describe('the oldest message', () => {
  it('counts from the call that sends it until it is acknowledged, leased and delayed too', async () => {
    const synced = Promise.withResolvers<void>();
    const { queue, clock } = await openQueue(await makeTemporaryFolder(), {
      openJournal: syncingWith((sync) => synced.promise.then(sync)),
    });
    const oldest = async (): Promise<number | undefined> => {
      const { oldestMessageTimestamp } = await queue.metrics();
      return oldestMessageTimestamp === undefined ? undefined : oldestMessageTimestamp.getTime() - START;
    };
    expect(await oldest()).toBeUndefined();

    const first = queue.sendBatch([messageOf('one')]);
    expect(await oldest()).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 5));
    clock.time += 10;
    const second = queue.sendBatch([messageOf('two')]);
    expect(await oldest()).toBe(0);
    expect(await queue.metrics()).toMatchObject({ backlogCount: 2, backlogBytes: 6 });
    synced.resolve();
    await Promise.all([first, second]);
    clock.time += 10;
    await queue.sendBatch([messageOf('three')]);
    expect(await oldest()).toBe(0);

    const [one, two] = await queue.lease(2, 1_000);
    expect(await oldest()).toBe(0);
    queue.retry([one?.id ?? ''], 1_000);
    await queue.ack([two?.id ?? '']);
    expect(await oldest()).toBe(0);
    await queue.ack([one?.id ?? '']);
    expect(await oldest()).toBe(20);
    await queue.ack((await queue.lease(1, 1_000)).map(({ id }) => id));
    expect(await oldest()).toBeUndefined();
  });

  it('is the one that was sent after the clock was set back', async () => {
    const folder = await makeTemporaryFolder();
    const { queue, clock } = await openQueue(folder);
    await queue.sendBatch([messageOf('one'), messageOf('two')]);
    clock.time -= 60_000;
    await queue.sendBatch([messageOf('earlier')]);
    clock.time += 90_000;
    await queue.sendBatch([messageOf('later')]);
    const earlier = new Date(START - 60_000);
    expect((await queue.metrics()).oldestMessageTimestamp).toEqual(earlier);
    await queue.ack((await queue.lease(2, 1_000)).map(({ id }) => id));
    expect((await queue.metrics()).oldestMessageTimestamp).toEqual(earlier);
    await queue.close();

    const { queue: again } = await openQueue(folder);
    expect((await again.metrics()).oldestMessageTimestamp).toEqual(earlier);
    await again.ack((await again.lease(1, 1_000)).map(({ id }) => id));
    expect((await again.metrics()).oldestMessageTimestamp).toEqual(new Date(START + 30_000));
  });

  it('stays right when the clock is set back between sends that share a flush', async () => {
    const { queue, clock } = await openQueue(await makeTemporaryFolder());
    const sends = [queue.sendBatch([messageOf('one')])];
    clock.time -= 5_000;
    sends.push(queue.sendBatch([messageOf('two')]));
    await Promise.all(sends);
    expect((await queue.metrics()).oldestMessageTimestamp).toEqual(new Date(START - 5_000));
    await queue.ack((await queue.lease(1, 1_000)).map(({ id }) => id));
    expect((await queue.metrics()).oldestMessageTimestamp).toEqual(new Date(START - 5_000));
  });

  it('never goes unseen while leases and flushes run beside', async () => {
    const { queue, clock } = await openQueue(await makeTemporaryFolder(), { journal_bytes_max: 500 });
    const unacknowledged = new Map<number, number>();
    let working = true;
    const work = (async () => {
      for (let round = 0; round < 60; round += 1) {
        clock.time += 1;
        unacknowledged.set(clock.time, 3);
        await queue.sendBatch([messageOf('a'), messageOf('b'), messageOf('c')]);
        for (const { id, arrival } of await queue.lease(round % 5, 1_000)) {
          await Promise.resolve();
          const left = (unacknowledged.get(arrival) ?? 0) - 1;
          const acknowledged = queue.ack([id]);
          if (left === 0) unacknowledged.delete(arrival);
          else unacknowledged.set(arrival, left);
          await acknowledged;
        }
      }
      working = false;
    })();
    while (working) {
      const { oldestMessageTimestamp } = await queue.metrics();
      const expected = unacknowledged.keys().next().value;
      // The caller's map is updated in the turn of the ack, so the two may differ by what that turn acknowledged.
      if (expected !== undefined) expect(oldestMessageTimestamp?.getTime() ?? 0).toBeLessThanOrEqual(expected);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await work;
  });
});
