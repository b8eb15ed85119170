/**
 * Concurrent requests share packs and one durable write: while one is under way, the next group gathers. The default on
 * Bun, and only for Bun: requests wait for each other, which workerd does not allow.
 */
import type { Ports } from '../../platform/ports.ts';
import { InletError } from '../../schemas/errors.ts';
import { type Enqueue, packIds, sendPacks } from './enqueue.ts';
import { writePacks } from './fill.ts';
import type { Part } from './pack.ts';

/** Bytes of the bodies that may wait; beyond, requests are refused. */
const WAITING_BYTES_MAX = 64 * 1_048_576;

interface Waiter {
  readonly parts: Part[];
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export function groupCommit(ports: Pick<Ports, 'queue' | 'random' | 'compressor'>): Enqueue {
  const nextId = packIds(ports.random);
  let group: Waiter[] = [];
  let waiting_bytes = 0;
  let sending = false;

  async function sendGroups(): Promise<void> {
    sending = true;
    while (group.length > 0) {
      // The requests that have arrived by now get in too: a timer would make a lone sender wait a millisecond longer.
      await endOfTurn();
      const taken = group;
      group = [];
      await sendGroup(taken);
      for (const waiter of taken) waiting_bytes -= waiter.bytes;
    }
    sending = false;
  }

  async function sendGroup(taken: readonly Waiter[]): Promise<void> {
    try {
      const packs = writePacks(
        taken.flatMap((waiter) => waiter.parts),
        nextId,
        ports.compressor,
      );
      await sendPacks(ports.queue, packs);
      for (const waiter of taken) waiter.resolve();
    } catch (error) {
      for (const waiter of taken) waiter.reject(error);
    }
  }

  return {
    enqueue(parts) {
      const bytes = parts.reduce((sum, part) => sum + part.body.length, 0);
      if (waiting_bytes + bytes > WAITING_BYTES_MAX) return Promise.reject(new InletError('queue_full'));
      waiting_bytes += bytes;
      return new Promise((resolve, reject) => {
        group.push({ parts, bytes, resolve, reject });
        if (!sending) void sendGroups();
      });
    },
  };
}

/** When everything that has arrived has been handled. */
function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
