/** The Worker in workerd, with stores that the test reaches too. Without wrangler: it starts in a second. */
import { join } from 'node:path';
import { Miniflare } from 'miniflare';
import { createWriteKey } from '../../platform/app/keys.ts';
import { createReadToken } from '../../platform/app/read-tokens.ts';
import { applyMigrations } from '../../platform/bun/migrations.ts';
import { sqliteDatabase } from '../../platform/bun/sqlite-database.ts';
import { systemClock, systemRandom } from '../../platform/bun/system.ts';
import type { Database, ObjectStore } from '../../platform/ports.ts';
import { ROOT } from '../tidy/source.ts';

const QUEUE = 'inlet-packs';

export interface Workerd {
  readonly url: string;
  readonly lake: ObjectStore;
  readonly index: Database;
  readonly writeKey: string;
  readonly readToken: string;
  /** Hands the packs to the queue handler as one batch. @throws unless all were acknowledged */
  deliver(packs: readonly Uint8Array[]): Promise<void>;
  /** @throws when it failed */
  runCron(): Promise<void>;
  /** Where its inspector listens, a WebSocket. */
  inspector(): Promise<URL>;
  stop(): Promise<void>;
}

export interface WorkerdOptions {
  readonly readToken?: string;
  readonly writeKey?: string;
  readonly inspector?: boolean;
  /** Of the heap of each isolate, megabytes: V8 ends the process beyond. */
  readonly heap_mb_max?: number;
  /** Of its roles, and settings. */
  readonly bindings?: Record<string, string>;
}

export async function startWorkerd(options: WorkerdOptions = {}): Promise<Workerd> {
  const { readToken = 'rt_workerd', writeKey = 'wk_workerd', inspector = false, bindings = {}, heap_mb_max } = options;
  // Miniflare reads it when it starts the runtime.
  if (heap_mb_max !== undefined) process.env.MINIFLARE_WORKERD_V8_FLAGS = `--max-heap-size=${heap_mb_max}`;
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port: 0,
    modules: [{ type: 'ESModule', path: 'worker.js', contents: bundle() }],
    compatibilityDate: '2026-07-01',
    compatibilityFlags: ['nodejs_compat', 'enable_request_signal'],
    bindings: { INLET_AUDIT: 'off', ...bindings },
    r2Buckets: ['LAKE'],
    d1Databases: ['CONTROL', 'INDEX'],
    kvNamespaces: ['CACHE'],
    queueProducers: { PACKS: QUEUE, DEAD_PACKS: `${QUEUE}-dead` },
    ...(inspector ? { inspectorPort: 0 } : {}),
  });
  const url = await miniflare.ready;
  const worker = await miniflare.getWorker();
  const [lake, control, index] = await Promise.all([
    miniflare.getR2Bucket('LAKE'),
    miniflare.getD1Database('CONTROL'),
    miniflare.getD1Database('INDEX'),
  ]);
  await makeTables(control, 'control');
  await makeTables(index, 'hot-index');
  const ports = { control, clock: systemClock, random: systemRandom };
  await createWriteKey(ports, { source: 'web', kind: 'public', preset: writeKey });
  await createReadToken(ports, { name: 'test', preset: readToken });
  return {
    url: url.origin,
    ...{ lake, index, writeKey, readToken },
    async deliver(packs) {
      const messages = packs.map((pack, place) => ({
        ...{ id: `message-${place}`, timestamp: new Date(), attempts: 1 },
        body: new Uint8Array(pack).buffer,
      }));
      const { outcome, explicitAcks } = await worker.queue(QUEUE, messages);
      if (outcome !== 'ok' || explicitAcks.length < packs.length)
        throw new Error(`The batch was not taken: ${outcome}`);
    },
    async runCron() {
      const { outcome } = await worker.scheduled({});
      if (outcome !== 'ok') throw new Error(`The cron failed: ${outcome}`);
    },
    inspector: () => miniflare.getInspectorURL(),
    stop: () => miniflare.dispose(),
  };
}

/** In a process of its own: here, what the test has loaded would be resolved as Bun takes it. */
function bundle(): string {
  const { stdout, stderr, exitCode } = Bun.spawnSync([
    ...[process.execPath, 'build', join(ROOT, 'platform/cloudflare/main.ts'), '--minify', '--format=esm'],
    // As wrangler has it, and no polyfills of what the runtime has itself.
    ...['--target=browser', '--conditions=workerd', '--external=node:*', '--external=cloudflare:*'],
    ...['--loader=.sql:text', '--loader=.graphql:text'],
  ]);
  if (exitCode !== 0) throw new Error(`The Worker was not bundled: ${stderr}`);
  return stdout.toString();
}

/** As the migrations leave them. D1 takes one statement at a time, so SQLite reads the files. */
async function makeTables(database: Database, name: 'control' | 'hot-index'): Promise<void> {
  const made = sqliteDatabase(':memory:');
  try {
    await applyMigrations(made, name);
    const { results } = await made
      .prepare(
        "select sql from sqlite_master where sql is not null and name not like 'd1_%' and name not like 'sqlite_%'",
      )
      .all<{ sql: string }>();
    await database.batch(results.map(({ sql }) => database.prepare(sql)));
  } finally {
    made.close();
  }
  if (name === 'hot-index') await database.prepare("insert into index_state (id, active) values (1, 'a')").run();
}
