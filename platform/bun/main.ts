/** Inlet on one machine: HTTP and the queue in this process, the consumer and the central job in others beside it. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { groupCommit } from '../../edge/enqueue/group-commit.ts';
import { createEdgeMetrics } from '../../edge/metrics.ts';
import { someUsers } from '../../query/index/some-users.ts';
import { type Config, settingName } from '../../schemas/config.ts';
import { followLog, shared } from '../app/follow.ts';
import { createHttp } from '../app/http.ts';
import { type InFlight, trackInFlight } from '../app/in-flight.ts';
import { createWriteKey, listWriteKeys } from '../app/keys.ts';
import { pollSegments } from '../app/poll-segments.ts';
import { createReadToken } from '../app/read-tokens.ts';
import type { Database, Ports } from '../ports.ts';
import { AuditLog } from './audit-log.ts';
import { type Child, keepChild } from './child.ts';
import { keepCompilersLow } from './compilers.ts';
import { type ConsumerLink, startConsumer } from './consumer-link.ts';
import { graphiqlPage } from './graphiql.ts';
import { openHotIndex } from './hot-index.ts';
import { keyValue } from './key-value.ts';
import { openLake } from './lake.ts';
import { LoadShare } from './load-share.ts';
import { renderMetrics } from './metrics.ts';
import { applyMigrations } from './migrations.ts';
import { readOperations } from './operations-file.ts';
import { consumeQueue } from './queue/consume.ts';
import { EmbeddedQueue } from './queue/queue.ts';
import { type SqliteDatabase, sqliteDatabase } from './sqlite-database.ts';
import { systemClock, systemRandom, zstdCompressor } from './system.ts';
import { warmUp } from './warm-up.ts';

/** Bounds the memory of the consumer: 1.5 MB of packs are about 20,000 events. */
const BATCH_PACKS_MAX = 100;
const BATCH_BYTES_MAX = 1_500_000;
/** How long the first pack of a batch waits for others: fewer and larger segments, against how fresh answers are. */
const LINGER_MS = 300;
const STOP_MS = 2_000;
const TELL_LOAD_MS = 1_000;
/** Of the time in which the consumer has work: beyond, it has all it can do. */
const BUSY_SHARE = 0.8;
/** Rows of the hot index whose users the first queries are about. */
const WARM_UP_ROWS = 100;
const EVENT_STREAM = 'text/event-stream';
/** Longer than from one heartbeat of a subscription to the next. */
const EVENT_STREAM_IDLE_SECONDS = 60;
const DEAD_LETTER_LINGER_MS = 60_000;
/** A request body may be this large before Bun itself hangs up; the edge refuses far smaller ones, with a reason. */
const SERVER_BODY_BYTES_MAX = 134_217_728;

export interface Running {
  readonly url: string;
  readonly writeKey: string;
  readonly readToken: string;
  /** Takes no more requests, finishes what it has, and leaves the rest in the queue for the next start. */
  stop(): Promise<void>;
}

/** @throws when the folder is in use or the port is taken, with what to do. */
export async function serve(config: Config, report: (problem: string) => void): Promise<Running> {
  const operations = config.graphql_operations === null ? null : readOperations(config.graphql_operations);
  mkdirSync(config.data_dir, { recursive: true });
  const control = await openControl(config);
  const index = await openHotIndex(config);
  const queue = await EmbeddedQueue.open(join(config.data_dir, 'queue'), {
    clock: systemClock,
    queue_bytes_max: config.queue_bytes_max,
    disk_free_bytes_min: config.disk_free_bytes_min,
    report: ({ code, detail, cause }) => report(`Queue: ${code}: ${detail}${cause === undefined ? '' : ` (${cause})`}`),
  });
  const ports: Ports = {
    lake: openLake(config).lake,
    control,
    index,
    queue,
    cache: keyValue(),
    clock: systemClock,
    random: systemRandom,
    compressor: zstdCompressor,
  };
  const keys = await firstKeys(control, config);
  const stopping = new AbortController();
  const env = { ...process.env };
  const consumes = config.roles.includes('consume');
  const consumer = consumes ? startConsumer(env, report) : null;
  const central =
    consumes && config.central
      ? keepChild({
          env,
          script: 'main.central.ts',
          name: 'central',
          meanwhile: 'Segments wait for compaction.',
          report,
        })
      : null;
  const tellingLoad = consumer === null || central === null ? null : tellLoad(consumer, central);
  const loops = consumer === null ? [] : startLoops(queue, consumer, stopping.signal, report);

  let requestIp: (request: Request) => string | null = () => null;
  const inFlight = trackInFlight(groupCommit(ports));
  const edgeMetrics = createEdgeMetrics();
  const fault = (thrown: unknown) =>
    report(thrown instanceof Error ? `Fault: ${thrown.stack ?? thrown.message}` : String(thrown));
  let auditLog: AuditLog | null = null;
  const http = createHttp(ports, config, {
    enqueue: inFlight.enqueue,
    oldestPending: () => oldestPending(queue, inFlight),
    edgeMetrics,
    clientIp: (request) => requestIp(request),
    problems: async () => (consumer === null || consumer.running ? [] : ['the consumer process is not running']),
    platformMetrics: () => renderMetrics(queue, consumer, central),
    audit: (line) => auditLog?.write(line),
    graphiql: graphiqlPage(),
    ...(operations === null ? {} : { operations }),
    report: fault,
    follow: shared(followLog(ports.lake, consumer?.follow ?? pollSegments(ports.lake, systemClock, fault), fault)),
  });
  if (config.roles.includes('query')) {
    // An index that cannot be read says so to those who ask, and keeps nobody from starting.
    const users = await someUsers(index, WARM_UP_ROWS).catch(() => []);
    await warmUp((request) => http.fetch(request), keys.readToken, users);
  }
  // Only now: nobody read what the warm-up asked for.
  if (config.audit) auditLog = new AuditLog(join(config.data_dir, 'audit'), { report });
  // Only now: what the warm-up asks for is to be compiled before the first request comes.
  keepCompilersLow();
  const server = listen(config, (request) => {
    // A subscription says nothing for longer than Bun waits.
    if (request.headers.get('accept')?.includes(EVENT_STREAM)) server.timeout(request, EVENT_STREAM_IDLE_SECONDS);
    return http.fetch(request);
  });
  requestIp = (request) => server.requestIP(request)?.address ?? null;

  return {
    url: `http://${server.hostname}:${server.port}`,
    ...keys,
    stop: async () => {
      // Requests under way are answered; connections that only idle are not waited for.
      await Promise.race([server.stop(), systemClock.sleep(STOP_MS)]);
      await server.stop(true);
      stopping.abort();
      if (tellingLoad !== null) clearInterval(tellingLoad);
      await Promise.all(loops);
      await Promise.all([consumer?.stop(), central?.stop()]);
      await queue.close();
      await auditLog?.close();
      control.close();
      index.close();
    },
  };
}

async function openControl(config: Config): Promise<SqliteDatabase> {
  const database = sqliteDatabase(join(config.data_dir, 'control.sqlite'));
  await applyMigrations(database, 'control');
  return database;
}

/** Tells the central job whether the consumer has all it can do. */
function tellLoad(consumer: ConsumerLink, central: Child): ReturnType<typeof setInterval> {
  const read = () => ({ at_ms: performance.now(), busy_ms: consumer.busy_ms });
  const load = new LoadShare(read());
  return setInterval(() => {
    const is_busy = load.add(read()) > BUSY_SHARE;
    if (central.running) central.send({ kind: 'load', is_busy });
  }, TELL_LOAD_MS);
}

/** Dead letters have arrived as well, and wait. */
async function oldestPending(queue: EmbeddedQueue, inFlight: InFlight): Promise<number | null> {
  const under_way = inFlight.oldest();
  const waiting = await Promise.all([queue.metrics(), queue.deadLetters?.metrics()]);
  const times = [under_way, ...waiting.map((metrics) => metrics?.oldestMessageTimestamp?.getTime() ?? null)];
  return times.reduce((oldest, time) => (time === null ? oldest : Math.min(oldest ?? time, time)), null);
}

function startLoops(
  queue: EmbeddedQueue,
  consumer: ReturnType<typeof startConsumer>,
  signal: AbortSignal,
  report: (problem: string) => void,
): Promise<void>[] {
  const loop = (from: EmbeddedQueue, linger_ms: number) =>
    consumeQueue({
      queue: from,
      handle: (messages) => consumer.handle(messages),
      messages_max: BATCH_PACKS_MAX,
      bytes_max: BATCH_BYTES_MAX,
      linger_ms,
      onFailed: (cause) => report(`A batch will be delivered again: ${cause}`),
      signal,
    });
  // Two: while one batch waits for the disk the other is worked on.
  const loops = [loop(queue, LINGER_MS), loop(queue, LINGER_MS)];
  if (queue.deadLetters !== null) loops.push(loop(queue.deadLetters, DEAD_LETTER_LINGER_MS));
  return loops;
}

function listen(config: Config, fetch: (request: Request) => Response | Promise<Response>) {
  try {
    return Bun.serve({
      hostname: config.host,
      port: config.port,
      maxRequestBodySize: SERVER_BODY_BYTES_MAX,
      fetch,
    });
  } catch (cause) {
    throw new Error(
      `Cannot listen on ${config.host}:${config.port} (${cause instanceof Error ? cause.message : cause}). ` +
        `Set ${settingName('port')} to another port, or to 0 for any free one.`,
      { cause },
    );
  }
}

/**
 * The key and the token that a start prints. They are made once; the token is kept in a file that only the owner of the
 * data folder reads, as the database holds only its hash.
 */
async function firstKeys(control: Database, config: Config): Promise<{ writeKey: string; readToken: string }> {
  const ports = { control, clock: systemClock, random: systemRandom };
  const known = (await listWriteKeys(control)).find(({ kind, revoked_at }) => kind === 'public' && revoked_at === null);
  const writeKey =
    config.write_key === null && known !== undefined
      ? known.write_key
      : await createWriteKey(ports, {
          source: 'default',
          kind: 'public',
          ...(config.write_key === null ? {} : { preset: config.write_key }),
        });
  const file = join(config.data_dir, 'read-token');
  if (config.read_token !== null) {
    return { writeKey, readToken: await createReadToken(ports, { name: 'preset', preset: config.read_token }) };
  }
  if (existsSync(file)) return { writeKey, readToken: readFileSync(file, 'utf8').trim() };
  const readToken = await createReadToken(ports, { name: 'local' });
  writeFileSync(file, `${readToken}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return { writeKey, readToken };
}
