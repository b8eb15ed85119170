import { describe, expect, it } from 'vitest';
import { groupCommit } from '../../edge/enqueue/group-commit.ts';
import { decodePack, type Part } from '../../edge/enqueue/pack.ts';
import { packPerRequest } from '../../edge/enqueue/pack-per-request.ts';
import { simPorts } from '../../platform/sim/ports.ts';
import { PACK_BYTES_MAX } from '../../schemas/pack.ts';

/** A queue that keeps what it got, and can be held up or made to fail. */
function recordingQueue() {
  const calls: Uint8Array[][] = [];
  let hold: Promise<void> = Promise.resolve();
  let failure: Error | null = null;
  const take = async (bodies: Uint8Array[]): Promise<void> => {
    calls.push(bodies);
    await hold;
    if (failure !== null) throw failure;
  };
  return {
    calls,
    hold: (until: Promise<void>) => {
      hold = until;
    },
    fail: (error: Error | null) => {
      failure = error;
    },
    send: (body: Uint8Array) => take([body]),
    sendBatch: (messages: { body: Uint8Array }[]) => take(messages.map(({ body }) => body)),
    metrics: async () => ({ backlogCount: 0, backlogBytes: 0 }),
  };
}

function part(body: Uint8Array, source = 'shop'): Part {
  const original = { bytes: body.length };
  return { header: { bytes: body.length, form: 'raw', count: 1, source, receivedAt: 1, original }, body };
}

/** Does not compress. */
function noise(bytes: number): Uint8Array {
  const body = new Uint8Array(bytes);
  for (let offset = 0; offset < bytes; offset += 65_536) {
    crypto.getRandomValues(body.subarray(offset, Math.min(bytes, offset + 65_536)));
  }
  return body;
}

const text = (body: string): Uint8Array => new TextEncoder().encode(body);

async function open() {
  const { random, compressor } = await simPorts();
  const queue = recordingQueue();
  return { queue, ports: { random, compressor, queue } };
}

describe.each([
  ['packPerRequest', packPerRequest],
  ['groupCommit', groupCommit],
])('%s', (_, make) => {
  it('keeps the order of the parts over all packs, and every pack within the limits of a message', async () => {
    const { queue, ports } = await open();
    const parts = Array.from({ length: 12 }, (_, index) => part(noise(90_000), `${index}`));
    await make(ports).enqueue(parts);
    const packs = queue.calls.flat();
    expect(packs.flatMap((pack) => decodePack(pack).parts.map(({ header }) => header.source))).toEqual(
      parts.map(({ header }) => header.source),
    );
    for (const pack of packs) expect(pack.length).toBeLessThanOrEqual(PACK_BYTES_MAX);
    for (const call of queue.calls) {
      expect(call.length).toBeLessThanOrEqual(100);
      expect(call.reduce((sum, pack) => sum + pack.length, 0)).toBeLessThanOrEqual(256_000);
    }
  });

  it('numbers packs without a gap, also where a pack had to be halved', async () => {
    const { queue, ports } = await open();
    const enqueue = make(ports);
    await enqueue.enqueue(Array.from({ length: 7 }, () => part(noise(100_000))));
    await enqueue.enqueue([part(text('x'))]);
    const numbers = queue.calls
      .flat()
      .map((pack) => Number.parseInt(decodePack(pack).header.id.slice(20).replace('-', ''), 16));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, index) => index));
  });

  it('much that compresses goes in one pack', async () => {
    const { queue, ports } = await open();
    await make(ports).enqueue(Array.from({ length: 4 }, () => part(text('{"a":1}'.repeat(15_000)))));
    expect(queue.calls.flat()).toHaveLength(1);
  });

  it.each([
    ['QueueFullError', 'queue_full', Object.assign(new Error('full'), { name: 'QueueFullError' })],
    ['Too Many Requests', 'queue_full', new Error('Queue sendBatch failed: Too Many Requests')],
    ['Storage Limit Exceeded', 'queue_full', new Error('Storage Limit Exceeded')],
    ['anything else', 'queue_failing', new Error('disk on fire')],
  ])('%s of the queue is %s', async (_, code, error) => {
    const { queue, ports } = await open();
    queue.fail(error);
    const enqueue = make(ports);
    await expect(enqueue.enqueue([part(text('x'))])).rejects.toMatchObject({ code });
    queue.fail(null);
    await expect(enqueue.enqueue([part(text('x'))])).resolves.toBeUndefined();
  });

  it('a part that fits no pack is a fault, not an endless loop', async () => {
    const { ports } = await open();
    await expect(make(ports).enqueue([part(noise(200_000))])).rejects.toThrow('fits no pack');
  });
});

describe('groupCommit', () => {
  it('requests that come while a write is under way share the next pack', async () => {
    const { queue, ports } = await open();
    const { promise, resolve } = Promise.withResolvers<void>();
    queue.hold(promise);
    const enqueue = groupCommit(ports);
    const first = enqueue.enqueue([part(text('0'))]);
    await turn();
    const others = [1, 2, 3].map((index) => enqueue.enqueue([part(text(`${index}`))]));
    await turn();
    expect(queue.calls).toHaveLength(1);
    resolve();
    await Promise.all([first, ...others]);
    expect(queue.calls.flat().map((pack) => decodePack(pack).parts.length)).toEqual([1, 3]);
  });

  it('nobody is told that it is durable before the queue is done', async () => {
    const { queue, ports } = await open();
    const { promise, resolve } = Promise.withResolvers<void>();
    queue.hold(promise);
    let done = false;
    const sent = groupCommit(ports)
      .enqueue([part(text('x'))])
      .then(() => {
        done = true;
      });
    await turn();
    expect(done).toBe(false);
    resolve();
    await sent;
    expect(done).toBe(true);
  });

  it('a failed write fails those in it, and nobody after them', async () => {
    const { queue, ports } = await open();
    const enqueue = groupCommit(ports);
    queue.fail(new Error('disk on fire'));
    const failed = await Promise.allSettled([enqueue.enqueue([part(text('1'))]), enqueue.enqueue([part(text('2'))])]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    queue.fail(null);
    await expect(enqueue.enqueue([part(text('3'))])).resolves.toBeUndefined();
  });

  it('beyond 64 MB that wait it refuses, and takes more once they are written', async () => {
    const { queue, ports } = await open();
    const { promise, resolve } = Promise.withResolvers<void>();
    queue.hold(promise);
    const enqueue = groupCommit(ports);
    const body = new Uint8Array(100_000);
    const waiting = Array.from({ length: 671 }, () => enqueue.enqueue([part(body)]));
    await expect(enqueue.enqueue([part(body)])).rejects.toMatchObject({ code: 'queue_full' });
    resolve();
    await Promise.all(waiting);
    await expect(enqueue.enqueue([part(body)])).resolves.toBeUndefined();
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
