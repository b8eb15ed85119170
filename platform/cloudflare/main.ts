/** Inlet on Cloudflare: the bindings are the ports, with no adapter between. */
import type { D1Database, ExecutionContext, KVNamespace, Queue, R2Bucket } from '@cloudflare/workers-types';
import type { Hono } from 'hono';
import { packPerRequest } from '../../edge/enqueue/pack-per-request.ts';
import { createEdgeMetrics } from '../../edge/metrics.ts';
import { readState } from '../../query/index/state.ts';
import { parseConfig } from '../../schemas/config.ts';
import { consumeBatch, consumerMetrics } from '../app/consume.ts';
import { tendHotWindow } from '../app/hot-window.ts';
import { createHttp } from '../app/http.ts';
import { followInIsolate } from '../app/isolate-tail.ts';
import { tendIndex } from '../app/tend.ts';
import type { Database, HotIndex, Ports, QueueBatch } from '../ports.ts';
import { systemClock, systemRandom, workerdCompressor } from './system.ts';

/** A hundred attempts so far apart use up the fourteen days that a queue keeps a message. */
const RETRY_SECONDS_MAX = 10_800;

export interface Bindings {
  readonly LAKE: R2Bucket;
  readonly CONTROL: D1Database;
  readonly INDEX: D1Database;
  readonly [shard: `INDEX_${number}`]: D1Database | undefined;
  readonly CACHE: KVNamespace;
  readonly PACKS: Queue<Uint8Array>;
  /** The dead letters of PACKS, to know how old they are. */
  readonly DEAD_PACKS: Queue<Uint8Array>;
}

/** Of one run of the cron, which may take five minutes of CPU and fifteen in all, and a thousand queries of D1. */
const REBUILD_BOUNDS = { milliseconds: 240_000, batches: 500 };

/** From the arrival of a request to its events in the queue: what no queue can tell of yet. */
const UNDER_WAY_MS = 10_000;

/** One app for each isolate, whose requests all come with the same bindings: there are none before the first. */
const apps = new WeakMap<Bindings, Hono>();

function appOf(env: Bindings): Hono {
  let app = apps.get(env);
  if (app === undefined) {
    app = createApp(env);
    apps.set(env, app);
  }
  return app;
}

function createApp(env: Bindings): Hono {
  const ports = portsOf(env);
  const config = parseConfig({ ...env });
  return createHttp(ports, config, {
    enqueue: packPerRequest(ports),
    edgeMetrics: createEdgeMetrics(),
    report,
    // A line of the log, which Logpush or Workers Logs take from there.
    audit: config.audit ? (line) => console.log(JSON.stringify({ audit: line })) : () => {},
    clientIp: () => null,
    follow: followInIsolate({
      ...ports,
      // Each batch of the consumer counts there, after it has stored its segment.
      probe: async () => (await readState(ports.index)).sequence,
      report,
    }),
    oldestPending: () => oldestPending(env),
    problems: async () => [],
    platformMetrics: async () => '',
  });
}

function portsOf(env: Bindings): Ports {
  return {
    lake: env.LAKE,
    control: env.CONTROL,
    index: indexOf(env),
    cache: env.CACHE,
    queue: env.PACKS,
    clock: systemClock,
    random: systemRandom,
    compressor: workerdCompressor,
  };
}

/** INDEX_1 and so on share the events of INDEX, as far as they are bound without a gap. */
function indexOf(env: Bindings): HotIndex {
  const beside: D1Database[] = [];
  for (let shard = 1; ; shard += 1) {
    const database = env[`INDEX_${shard}`];
    if (database === undefined) break;
    beside.push(database);
  }
  const first: Database = env.INDEX;
  return { prepare: (sql) => first.prepare(sql), batch: (statements) => first.batch(statements), beside };
}

/** Requests are answered in many isolates, so some are always taken to be under way. */
async function oldestPending(env: Bindings): Promise<number> {
  const queues = await Promise.all([env.PACKS.metrics(), env.DEAD_PACKS.metrics()]);
  const waiting = queues.filter(({ backlogCount }) => backlogCount > 0);
  const now = systemClock.now();
  return Math.min(now, ...waiting.map((queue) => queue.oldestMessageTimestamp?.getTime() ?? now)) - UNDER_WAY_MS;
}

function report(problem: unknown): void {
  console.error(problem);
}

export default {
  fetch(request: Request, env: Bindings, context: ExecutionContext): Response | Promise<Response> {
    const response = appOf(env).fetch(request);
    // A page that sends its last events while it closes hangs up at once: they are taken all the same.
    context.waitUntil(Promise.resolve(response));
    return response;
  },

  // Needs no config: a setting that is wrong must not use up the retries of a pack.
  async queue(batch: QueueBatch, env: Bindings): Promise<void> {
    await consumeBatch(batch, portsOf(env), consumerMetrics(), { retry_seconds_max: RETRY_SECONDS_MAX, report });
  },

  async scheduled(_event: unknown, env: Bindings): Promise<void> {
    const { index, ...ports } = portsOf(env);
    const config = parseConfig({ ...env });
    await tendIndex({ ...ports, index: { ...index, shards_wanted: config.index_shards } }, REBUILD_BOUNDS);
    await tendHotWindow({ ...ports, index }, config.hot_window_days);
  },
};
