/** What the tests do with the Worker: send to it, hand it packs, ask it. */
import {
  applyD1Migrations,
  createExecutionContext,
  createMessageBatch,
  getQueueResult,
  type QueueResult,
} from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { encodePack } from '../../edge/enqueue/pack.ts';
import { readRows } from '../../lakehouse/append/read.ts';
import { createWriteKey } from '../../platform/app/keys.ts';
import { createReadToken } from '../../platform/app/read-tokens.ts';
import worker, { type Bindings } from '../../platform/cloudflare/main.ts';
import { systemClock, systemRandom, workerdCompressor } from '../../platform/cloudflare/system.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import { PACK_FORMAT, packId } from '../../schemas/pack.ts';

export const URL_BASE = 'http://inlet.test';
export const WRITE_KEY = 'wk_test';
export const READ_TOKEN = 'rt_test';

/** Makes the tables of both databases; a second time changes nothing. */
export async function migrate(): Promise<void> {
  await applyD1Migrations(env.CONTROL, env.CONTROL_MIGRATIONS);
  await applyD1Migrations(env.INDEX, env.INDEX_MIGRATIONS);
}

export async function makeKeys(): Promise<void> {
  const ports = { control: env.CONTROL, clock: systemClock, random: systemRandom };
  await createWriteKey(ports, { source: 'web', kind: 'public', preset: WRITE_KEY });
  await createReadToken(ports, { name: 'test', preset: READ_TOKEN });
}

export function trackRequest(event: object): Request {
  const headers = { authorization: `Basic ${btoa(`${WRITE_KEY}:`)}` };
  return new Request(`${URL_BASE}/v1/track`, { method: 'POST', headers, body: JSON.stringify(event) });
}

export async function sendEvent(event: object): Promise<Response> {
  return exports.default.fetch(trackRequest(event));
}

export function track(userId: string, messageId: string): object {
  return { type: 'track', event: 'Clicked', userId, messageId };
}

/** A pack of one batch. @param number of the pack: the same number is the same pack */
export function makePack(number: number, events: readonly object[], receivedAt = Date.now()): Uint8Array {
  const body = new TextEncoder().encode(JSON.stringify({ batch: events }));
  return encodePack(
    {
      header: { format: PACK_FORMAT, id: packId('0'.repeat(15), number), accepted: events.length, rejected: 0 },
      parts: [{ header: { bytes: body.length, form: 'batch', count: events.length, source: 'web', receivedAt }, body }],
    },
    workerdCompressor,
  );
}

/** Hands the packs to the queue handler as Cloudflare does. */
export async function deliver(packs: readonly Uint8Array[], bindings: Bindings = env): Promise<QueueResult> {
  const messages = packs.map((pack, position) => ({
    id: `message-${position}`,
    timestamp: new Date(),
    attempts: 1,
    body: new Uint8Array(pack).buffer,
  }));
  const batch = createMessageBatch('inlet-packs', messages);
  const context = createExecutionContext();
  await worker.queue(batch, bindings);
  return getQueueResult(batch, context);
}

export async function runCron(): Promise<void> {
  await worker.scheduled(undefined, env);
}

/** All keys under the prefix. */
export async function keysUnder(prefix: string): Promise<string[]> {
  const lake: ObjectStore = env.LAKE;
  return (await lake.list({ prefix })).objects.map(({ key }) => key);
}

/** The message ids of all segments, copies included. */
export async function idsInLog(): Promise<string[]> {
  const ids: string[] = [];
  for (const key of await keysUnder('segments/')) {
    for await (const rows of readRows(env.LAKE, key)) ids.push(...rows.map(({ message_id }) => message_id));
  }
  return ids;
}

export function graphqlRequest(body: object, headers: Record<string, string> = {}): Request {
  return new Request(`${URL_BASE}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${READ_TOKEN}`, ...headers },
    body: JSON.stringify(body),
  });
}

export async function graphql(body: object, headers: Record<string, string> = {}): Promise<Response> {
  return exports.default.fetch(graphqlRequest(body, headers));
}

const TIMELINE = `query ($id: ID!) {
  user(id: $id) { events(first: 1000) { nodes { messageId } pageInfo { hasNextPage } asOf } } }`;

interface TimelineAnswer {
  readonly data: {
    readonly user: { readonly events: { readonly nodes: { readonly messageId: string }[]; readonly asOf: string } };
  };
}

/** @returns the message ids of the user's first page, newest first, and up to when it is complete */
export async function timelineOf(id: string): Promise<{ messageIds: string[]; asOf: number }> {
  const response = await graphql({ query: TIMELINE, variables: { id } });
  const answer: unknown = await response.json();
  if (!isTimelineAnswer(answer)) throw new Error(`${response.status} ${JSON.stringify(answer)}`);
  const { nodes, asOf } = answer.data.user.events;
  return { messageIds: nodes.map(({ messageId }) => messageId), asOf: Date.parse(asOf) };
}

function isTimelineAnswer(value: unknown): value is TimelineAnswer {
  return typeof value === 'object' && value !== null && 'data' in value && !('errors' in value);
}
