/** What every way to enqueue shares: the promise, the numbering of packs, and the calls to the queue. */
import type { Queue, Random } from '../../platform/ports.ts';
import { InletError } from '../../schemas/errors.ts';
import { packId } from '../../schemas/pack.ts';
import type { Part } from './pack.ts';

export interface Enqueue {
  /**
   * Resolves when every part is durable. Parts of a rejected call may be durable too.
   *
   * @throws InletError queue_full or queue_failing
   */
  enqueue(parts: Part[]): Promise<void>;
}

/** Most messages that `sendBatch` takes, and most bytes: Cloudflare Queues take 256 KB less what they add to each. */
const MESSAGES_MAX = 100;
const CALL_BYTES_MAX = 254_000;

/** The ids of one producer, numbered from 0. The producer is made with the first: workerd has no randomness at start. */
export function packIds(random: Random): () => string {
  let producer: string | null = null;
  let number = 0;
  return () => {
    producer ??= random.hex(15);
    const id = packId(producer, number);
    number += 1;
    return id;
  };
}

/** @throws InletError queue_full or queue_failing */
export async function sendPacks(queue: Queue, packs: readonly Uint8Array[]): Promise<void> {
  const [first] = packs;
  try {
    // Calls of one turn share a write where the queue can; none waits for another.
    if (first !== undefined && packs.length === 1) await queue.send(first, { contentType: 'bytes' });
    else await Promise.all(callsOf(packs).map((call) => queue.sendBatch(call)));
  } catch (error) {
    throw new InletError(isFull(error) ? 'queue_full' : 'queue_failing', { cause: error });
  }
}

type Message = Parameters<Queue['sendBatch']>[0][number];

function callsOf(packs: readonly Uint8Array[]): Message[][] {
  const calls: Message[][] = [];
  let call: Message[] = [];
  let bytes = 0;
  for (const body of packs) {
    if (call.length === MESSAGES_MAX || (call.length > 0 && bytes + body.length > CALL_BYTES_MAX)) {
      calls.push(call);
      call = [];
      bytes = 0;
    }
    call.push({ body, contentType: 'bytes' });
    bytes += body.length;
  }
  if (call.length > 0) calls.push(call);
  return calls;
}

/** Source of the messages: Cloudflare Queues, "Error codes". */
function isFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'QueueFullError' || /Too Many Requests|Storage Limit Exceeded/i.test(error.message);
}
