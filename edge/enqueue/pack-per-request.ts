/**
 * Each request sends its own packs and waits for them. Nothing is shared between requests, which workerd punishes: a
 * promise of another request may never settle. The default on Cloudflare.
 */
import type { Ports } from '../../platform/ports.ts';
import { type Enqueue, packIds, sendPacks } from './enqueue.ts';
import { writePacks } from './fill.ts';

export function packPerRequest(ports: Pick<Ports, 'queue' | 'random' | 'compressor'>): Enqueue {
  const nextId = packIds(ports.random);
  return {
    enqueue: async (parts) => sendPacks(ports.queue, writePacks(parts, nextId, ports.compressor)),
  };
}
