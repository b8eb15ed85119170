/** All of Inlet over ports in memory: HTTP in, queue, consumer, log, hot index, central job, HTTP out. Time stands still. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodePack } from '../../edge/enqueue/pack.ts';
import { packPerRequest } from '../../edge/enqueue/pack-per-request.ts';
import { expandPack } from '../../edge/expand/expand.ts';
import { createEdgeMetrics, type EdgeMetrics } from '../../edge/metrics.ts';
import { type CentralResult, runCentral } from '../../lakehouse/compact/central.ts';
import { type ConsumerMetrics, consumeBatch, consumerMetrics } from '../../platform/app/consume.ts';
import { createHttp } from '../../platform/app/http.ts';
import { createWriteKey } from '../../platform/app/keys.ts';
import { createReadToken } from '../../platform/app/read-tokens.ts';
import { markedSegments } from '../../platform/app/reindex.ts';
import { s3Files } from '../../platform/bun/local-files.ts';
import type { LocalFiles, Ports, QueueBatch, QueueMessage } from '../../platform/ports.ts';
import { type SimPorts, simPorts } from '../../platform/sim/ports.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { type Config, parseConfig } from '../../schemas/config.ts';
import { select } from '../lakehouse/lake.ts';
import { type Gate, gatedDatabase, gatedStore, OPEN } from './gate.ts';

/** Write keys, by the source they name; `server` is a secret one. */
export const KEYS = { shop: 'wk_shop', app: 'wk_app', server: 'sk_server' } as const;
export type Source = keyof typeof KEYS;

export const TOKEN = 'rt_joined';
const MINUTE_MS = 60_000;

export interface JoinedApp {
  /** As the app sees them: through the gates. */
  readonly ports: Ports;
  /** The same without gates. */
  readonly sim: SimPorts;
  readonly files: LocalFiles;
  readonly config: Config;
  readonly consumed: ConsumerMetrics;
  readonly edgeMetrics: EdgeMetrics;
  /** What an operator was told. */
  readonly problems: string[];
  /** Every row of every pack that was delivered, each pack once. */
  rows(): EventRow[];
  post(path: string, body: BodyInit, headers?: Record<string, string>): Promise<Response>;
  batch(source: Source, events: readonly object[]): Promise<Response>;
  /** Delivers up to `limit` packs. Killed before the acknowledgement, the packs come again. @returns how many */
  deliver(limit?: number, killed?: 'killed before ack'): Promise<number>;
  /** Delivers until the queue is empty. */
  drain(limit?: () => number): Promise<void>;
  /** @throws Error with the code of the first error. */
  ask(question: string, variables?: Record<string, unknown>): Promise<unknown>;
  /** Compacts, reports, expires. */
  central(): Promise<CentralResult>;
  /** One statement over the log, as rows of JSON values. */
  select(sql: string): Promise<unknown[]>;
  close(): void;
}

export interface JoinedOptions {
  readonly seed?: number;
  readonly config?: Partial<Config>;
  readonly lakeGate?: Gate;
  readonly indexGate?: Gate;
}

export async function openJoined(options: JoinedOptions = {}): Promise<JoinedApp> {
  const { seed = 1, lakeGate = OPEN, indexGate = OPEN } = options;
  const config: Config = { ...parseConfig({}), ...options.config };
  const sim = await simPorts(seed);
  const ports: Ports = { ...sim, lake: gatedStore(sim.lake, lakeGate), index: gatedDatabase(sim.index, indexGate) };
  const folder = mkdtempSync(join(tmpdir(), 'inlet-joined-'));
  const files = s3Files(sim.lake, folder);
  const consumed = consumerMetrics();
  const edgeMetrics = createEdgeMetrics();
  const problems: string[] = [];
  const report = (problem: unknown): void => {
    problems.push(String(problem));
  };
  const packs = new Map<string, EventRow[]>();

  await createWriteKey(sim, { source: 'shop', kind: 'public', preset: KEYS.shop });
  await createWriteKey(sim, { source: 'app', kind: 'public', preset: KEYS.app });
  await createWriteKey(sim, { source: 'server', kind: 'secret', preset: KEYS.server });
  await createReadToken(sim, { name: 'test', preset: TOKEN });

  const http = createHttp(ports, config, {
    enqueue: packPerRequest(ports),
    edgeMetrics,
    clientIp: () => null,
    follow: () => () => {},
    audit: () => {},
    report,
    oldestPending: async () => (await sim.queue.metrics()).oldestMessageTimestamp?.getTime() ?? null,
    problems: async () => [],
    platformMetrics: async () => '',
  });
  const post: JoinedApp['post'] = async (path, body, headers = {}) =>
    http.request(path, { method: 'POST', body, headers });

  async function store(batch: QueueBatch): Promise<void> {
    for (const { body } of batch.messages) {
      if (!(body instanceof ArrayBuffer)) throw new TypeError('the queue holds something else than bytes');
      const pack = decodePack(new Uint8Array(body));
      packs.set(pack.header.id, expandPack(pack));
    }
    await consumeBatch(batch, ports, consumed, { retry_seconds_max: 60, report });
  }

  async function storeAndDie(batch: QueueBatch): Promise<void> {
    await store({ ...batch, messages: batch.messages.map((message): QueueMessage => ({ ...message, ack: () => {} })) });
    throw new Error('killed');
  }

  const app: JoinedApp = {
    ports,
    sim,
    files,
    config,
    consumed,
    edgeMetrics,
    problems,
    rows: () => [...packs.values()].flat(),
    post,
    batch: (source, events) => post('/v1/batch', JSON.stringify({ batch: events }), { 'x-write-key': KEYS[source] }),
    deliver: (limit, killed) => sim.queue.deliver(killed === undefined ? store : storeAndDie, limit),
    async drain(limit = () => 100) {
      while (sim.queue.waiting > 0) {
        // Those that are to be tried again wait.
        if ((await app.deliver(limit())) === 0) await sim.clock.advance(MINUTE_MS);
      }
    },
    async ask(question, variables = {}) {
      const response = await post('/graphql', JSON.stringify({ query: question, variables }), {
        'content-type': 'application/json',
        authorization: `Bearer ${TOKEN}`,
      });
      const answer: { data?: unknown; errors?: { message: string; extensions?: { code?: string } }[] } = JSON.parse(
        await response.text(),
      );
      const [error] = answer.errors ?? [];
      if (error !== undefined) throw new Error(error.extensions?.code ?? error.message);
      return answer.data;
    },
    central: () =>
      runCentral({ ...ports, files, lake_uri: 'file:///lake', config, keep: () => markedSegments(ports.lake) }),
    select: (sql) => select({ lake: ports.lake, files }, sql),
    close() {
      sim.control.close();
      sim.index.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return app;
}
