/** A day of the shop as the consumer gets it: encoded packs, the same on every machine. */
import { createHash } from 'node:crypto';
import { type ShopCall, type Source, wireEvent } from '../../../cli/demo/calls.ts';
import { DAY_MS } from '../../../cli/demo/day.ts';
import { shopDay } from '../../../cli/demo/shop.ts';
import { writePacks } from '../../../edge/enqueue/fill.ts';
import type { Part } from '../../../edge/enqueue/pack.ts';
import { zstdCompressor } from '../../../platform/bun/system.ts';
import { packId } from '../../../schemas/pack.ts';

export const DAY = '2026-03-14';
/** Events of one source in a request, as an SDK gathers them. */
const REQUEST_EVENTS = 20;
/** Requests that came while the queue was writing. */
const PACK_REQUESTS = 16;
/** As many as the consumer takes at once. */
const BATCH_PACKS = 20;
const SEED = 1;
const PRODUCER = 'be9c41e507a1d23';
const LATE_DAYS = 30;
const SKEW_MS = 900_000;

export interface ShopPacksOptions {
  readonly events: number;
  /** How many people know the shop; about one in ten events brings a new one. */
  readonly users: number;
}

/** What the consumer stores at once: the packs of one segment. */
export function* shopBatches(options: ShopPacksOptions): Generator<Uint8Array[]> {
  let batch: Uint8Array[] = [];
  for (const pack of shopPacks(options)) {
    batch.push(pack);
    if (batch.length < BATCH_PACKS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function* shopPacks(options: ShopPacksOptions): Generator<Uint8Array> {
  let number = 0;
  const nextId = () => packId(PRODUCER, number++);
  let parts: Part[] = [];
  for (const part of shopParts(options)) {
    parts.push(part);
    if (parts.length < PACK_REQUESTS) continue;
    yield* writePacks(parts, nextId, zstdCompressor);
    parts = [];
  }
  yield* writePacks(parts, nextId, zstdCompressor);
}

function* shopParts({ events, users }: ShopPacksOptions): Generator<Part> {
  const waiting = new Map<Source, object[]>();
  let number = 0;
  let now = 0;
  for (const call of shopDay({ seed: SEED, events, users, day: DAY })) {
    const batch = waiting.get(call.source) ?? [];
    waiting.set(call.source, batch);
    batch.push({ ...wireEvent(call), messageId: sdkMessageId(call, number++) });
    now = Date.parse(call.timestamp);
    if (batch.length === REQUEST_EVENTS) yield partOf(call.source, batch.splice(0), now, number);
  }
  for (const [source, batch] of waiting) {
    if (batch.length > 0) yield partOf(source, batch, now, number++);
  }
}

/** As `@segment/analytics-node` makes them. The digits look random, so nothing can press them together. */
function sdkMessageId({ timestamp }: ShopCall, number: number): string {
  const digits = createHash('sha256').update(`message ${number}`).digest('hex');
  const variant = '89ab'[Number.parseInt(digits.charAt(16), 16) & 3];
  const uuid = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
  ];
  return `node-next-${Date.parse(timestamp)}-${uuid.join('-')}-${digits.slice(20, 32)}`;
}

/** A request that was sent just after its last event, and arrived a moment later. */
function partOf(source: Source, batch: readonly object[], last: number, number: number): Part {
  const sent = last + 5 + (number % 53);
  const receivedAt = sent + 20 + (number % 31);
  const sentAt = new Date(sent).toISOString();
  const body = Buffer.from(JSON.stringify({ batch, sentAt }));
  return {
    header: {
      bytes: body.length,
      form: 'batch',
      count: batch.length,
      source,
      receivedAt,
      sentAt,
      oldest: receivedAt - LATE_DAYS * DAY_MS,
      skewMs: SKEW_MS,
    },
    body,
  };
}
