/** Inlet on Cloudflare: the bindings are the ports, with no adapter between. */
import type { D1Database, KVNamespace, Queue, R2Bucket } from '@cloudflare/workers-types';
import type { Hono } from 'hono';
import { packPerRequest } from '../../edge/enqueue/pack-per-request.ts';
import { createEdgeMetrics } from '../../edge/metrics.ts';
import { type Config, parseConfig } from '../../schemas/config.ts';
import { consumeBatch, consumerMetrics } from '../app/consume.ts';
import { createHttp } from '../app/http.ts';
import { tendIndex } from '../app/tend.ts';
import type { Ports, QueueBatch } from '../ports.ts';
import { systemClock, systemRandom, workerdCompressor } from './system.ts';

export interface Bindings {
  readonly LAKE: R2Bucket;
  readonly CONTROL: D1Database;
  readonly INDEX: D1Database;
  readonly CACHE: KVNamespace;
  readonly PACKS: Queue<Uint8Array>;
}

interface Isolate {
  readonly ports: Ports;
  readonly config: Config;
  readonly http: Hono;
}

/** Made by the first request, not at module scope: there are no bindings before it. */
let isolate: Isolate | undefined;

function open(env: Bindings): Isolate {
  isolate ??= create(env);
  return isolate;
}

function create(env: Bindings): Isolate {
  const config = parseConfig({ ...env });
  const ports: Ports = {
    lake: env.LAKE,
    control: env.CONTROL,
    index: env.INDEX,
    cache: env.CACHE,
    queue: env.PACKS,
    clock: systemClock,
    random: systemRandom,
    compressor: workerdCompressor,
  };
  const http = createHttp(ports, config, {
    enqueue: packPerRequest(ports),
    edgeMetrics: createEdgeMetrics(),
    report,
    clientIp: () => null,
    oldestPending: async () => (await env.PACKS.metrics()).oldestMessageTimestamp?.getTime() ?? null,
    problems: async () => [],
    platformMetrics: async () => '',
  });
  return { ports, config, http };
}

function report(problem: unknown): void {
  console.error(problem);
}

export default {
  fetch(request: Request, env: Bindings): Response | Promise<Response> {
    return open(env).http.fetch(request);
  },

  async queue(batch: QueueBatch, env: Bindings): Promise<void> {
    await consumeBatch(batch, open(env).ports, consumerMetrics(), report);
  },

  async scheduled(_event: unknown, env: Bindings): Promise<void> {
    const { ports } = open(env);
    await tendIndex(ports);
  },
};
