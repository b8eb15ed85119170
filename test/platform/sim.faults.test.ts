import { describe, expect, it } from 'vitest';
import { virtualClock } from '../../platform/sim/clock.ts';
import { simPorts } from '../../platform/sim/ports.ts';
import { memoryQueue } from '../../platform/sim/queue.ts';
import { seededRandom } from '../../platform/sim/random.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

async function queueOf(texts: string[]) {
  const clock = virtualClock(0);
  const queue = memoryQueue(clock);
  for (const text of texts) await queue.send(bytes(text), { contentType: 'bytes' });
  const receive = async (limit?: number) => {
    const seen: string[] = [];
    await queue.deliver(async ({ messages }) => {
      for (const { body } of messages) if (body instanceof ArrayBuffer) seen.push(new TextDecoder().decode(body));
    }, limit);
    return seen;
  };
  return { clock, queue, receive };
}

describe('sim queue', () => {
  it('delivers acknowledged messages a second time when told', async () => {
    const { queue, receive } = await queueOf(['a', 'b']);
    expect(await receive(1)).toEqual(['a']);
    queue.redeliver();
    expect((await receive()).sort()).toEqual(['a', 'b']);
    expect(queue.waiting).toBe(0);
  });

  it('delivers in an order that the seed decides', async () => {
    const texts = Array.from({ length: 20 }, (_, index) => `${index}`);
    const orders = [];
    for (const seed of [7, 7, 8]) {
      const { queue, receive } = await queueOf(texts);
      queue.shuffle(seededRandom(seed));
      orders.push(await receive());
    }
    expect(orders[0]).not.toEqual(texts);
    expect(orders[0]).toEqual(orders[1]);
    expect(orders[0]).not.toEqual(orders[2]);
    expect(orders[0]?.toSorted()).toEqual(texts.toSorted());
  });

  it('keeps a message back until its delay is over', async () => {
    const { clock, queue, receive } = await queueOf(['a']);
    await queue.deliver(async ({ messages }) => messages[0]?.retry({ delaySeconds: 10 }));
    await clock.advance(9_999);
    expect(await receive()).toEqual([]);
    await clock.advance(1);
    expect(await receive()).toEqual(['a']);
  });

  it('fails a send with or without keeping the message', async () => {
    const { queue, receive } = await queueOf([]);
    queue.failSends('refused');
    await expect(queue.send(bytes('a'), { contentType: 'bytes' })).rejects.toThrow();
    queue.failSends('answer lost');
    await expect(queue.send(bytes('b'), { contentType: 'bytes' })).rejects.toThrow();
    queue.failSends(null);
    await queue.send(bytes('c'), { contentType: 'bytes' });
    expect(await receive()).toEqual(['b', 'c']);
  });
});

describe('sim clock', () => {
  it('wakes sleepers in the order of their time, each at its own time', async () => {
    const clock = virtualClock(1_000);
    const woken: [string, number][] = [];
    const sleep = async (name: string, milliseconds: number) => {
      await clock.sleep(milliseconds);
      woken.push([name, clock.now()]);
    };
    const sleeps = [sleep('late', 20), sleep('early', 10), sleep('never', 99)];
    await clock.advance(50);
    expect(woken).toEqual([
      ['early', 1_010],
      ['late', 1_020],
    ]);
    expect(clock.now()).toBe(1_050);
    await clock.finish(Promise.all(sleeps));
    expect(clock.now()).toBe(1_099);
  });
});

describe('sim ports', () => {
  it('are the same world for the same seed', async () => {
    const [one, same, other] = [await simPorts(1), await simPorts(1), await simPorts(2)];
    const hex = one.random.hex(32);
    expect(hex).toMatch(/^[0-9a-f]{32}$/);
    expect(same.random.hex(32)).toBe(hex);
    expect(other.random.hex(32)).not.toBe(hex);
    expect((await one.index.prepare('select active from index_state').all()).results).toEqual([{ active: 'a' }]);
  });
});
