import type { Clock, Queue, QueueBatch, QueueMessage } from '../ports.ts';
import type { SeededRandom } from './random.ts';

/** The limits of Cloudflare Queues. */
const MESSAGE_BYTES_MAX = 128_000;
const MESSAGES_MAX = 100;
const BATCH_BYTES_MAX = 256_000;

interface Stored {
  readonly id: string;
  readonly body: Uint8Array;
  readonly sent: number;
  attempts: number;
  /** Not delivered before, epoch milliseconds. */
  due: number;
}

/** How sends fail: `refused` keeps nothing; `answer lost` keeps the messages and rejects all the same. */
export type SendFailure = 'refused' | 'answer lost';

export interface MemoryQueue extends Queue {
  /** Messages that were sent and not acknowledged. */
  readonly waiting: number;
  /**
   * Delivers up to `limit` messages that are due, as one batch. When `consume` resolves, each message is acknowledged
   * unless it asked for a retry; when it rejects, only those that were acknowledged one by one. The rest wait again, at the
   * end. Resolves to the number delivered, also when `consume` rejects.
   */
  deliver(consume: (batch: QueueBatch) => Promise<void>, limit?: number): Promise<number>;
  /** Every message ever acknowledged waits again, as at-least-once delivery may have it. */
  redeliver(): void;
  /** Puts the waiting messages in another order. */
  shuffle(random: SeededRandom): void;
  /** From now on sends fail so; null: they work. */
  failSends(how: SendFailure | null): void;
}

/** A queue in memory that shows a consumer everything a real one may do. */
export function memoryQueue(clock: Clock): MemoryQueue {
  let waiting: Stored[] = [];
  let acknowledged: Stored[] = [];
  let failure: SendFailure | null = null;
  let sent = 0;

  const add = async (bodies: Uint8Array[]): Promise<void> => {
    checkSize(bodies);
    if (failure === 'refused') throw new Error('the queue refuses');
    for (const body of bodies) {
      sent += 1;
      waiting.push({ id: `message-${sent}`, body: body.slice(), sent: clock.now(), attempts: 0, due: clock.now() });
    }
    if (failure === 'answer lost') throw new Error("the queue's answer was lost");
  };

  return {
    get waiting() {
      return waiting.length;
    },
    send: (body) => add([body]),
    sendBatch: (messages) => add(messages.map(({ body }) => body)),
    async metrics() {
      const backlog = { backlogCount: waiting.length, backlogBytes: sumBytes(waiting.map(({ body }) => body)) };
      if (waiting.length === 0) return backlog;
      return { ...backlog, oldestMessageTimestamp: new Date(Math.min(...waiting.map((message) => message.sent))) };
    },
    async deliver(consume, limit = MESSAGES_MAX) {
      const taken = waiting.filter((message) => message.due <= clock.now()).slice(0, limit);
      if (taken.length === 0) return 0;
      const deliveries = taken.map((stored) => delivery(stored, clock));
      const finished = await consume({ queue: 'memory', messages: deliveries.map(({ message }) => message) }).then(
        () => true,
        () => false,
      );
      const done = new Set(
        deliveries.filter(({ mark }) => mark() === 'ack' || (finished && mark() === null)).map(({ stored }) => stored),
      );
      acknowledged = [...acknowledged, ...done];
      waiting = waiting.filter((message) => !taken.includes(message));
      waiting.push(...taken.filter((message) => !done.has(message)));
      return taken.length;
    },
    redeliver() {
      waiting.push(...acknowledged);
      acknowledged = [];
    },
    shuffle(random) {
      for (let end = waiting.length; end > 1; end -= 1) {
        const [chosen] = waiting.splice(random.below(end), 1);
        if (chosen !== undefined) waiting.push(chosen);
      }
    },
    failSends(how) {
      failure = how;
    },
  };
}

function delivery(stored: Stored, clock: Clock): { stored: Stored; message: QueueMessage; mark: () => string | null } {
  stored.attempts += 1;
  let mark: 'ack' | 'retry' | null = null;
  const message: QueueMessage = {
    id: stored.id,
    body: stored.body.slice().buffer,
    attempts: stored.attempts,
    ack() {
      mark ??= 'ack';
    },
    retry({ delaySeconds = 0 } = {}) {
      mark ??= 'retry';
      stored.due = clock.now() + delaySeconds * 1_000;
    },
  };
  return { stored, message, mark: () => mark };
}

function checkSize(bodies: Uint8Array[]): void {
  if (bodies.length > MESSAGES_MAX) throw new RangeError(`a batch has at most ${MESSAGES_MAX} messages`);
  if (bodies.some((body) => body.byteLength > MESSAGE_BYTES_MAX)) {
    throw new RangeError(`a message has at most ${MESSAGE_BYTES_MAX} bytes`);
  }
  if (sumBytes(bodies) > BATCH_BYTES_MAX) throw new RangeError(`a batch has at most ${BATCH_BYTES_MAX} bytes`);
}

function sumBytes(bodies: Uint8Array[]): number {
  return bodies.reduce((sum, body) => sum + body.byteLength, 0);
}
