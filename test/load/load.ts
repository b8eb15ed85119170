/**
 * Load for an Inlet: so many connections, each of which sends a request, waits for its answer and sends the next. The
 * bodies are a day of the shop.
 */
import { openConnection } from './connection.ts';
import { Histogram } from './histogram.ts';
import type { Run } from './message-id.ts';
import { makeRequests, type Request, renew } from './requests.ts';

export interface LoadOptions {
  /** Where the server is, such as http://127.0.0.1:8080. */
  readonly url: string;
  /** The write key. */
  readonly key: string;
  readonly connections: number;
  readonly seconds: number;
  /** Events a request. */
  readonly events: number;
  /** Sent before anything is counted. */
  readonly warmup_seconds?: number;
  /** Sets the message ids of this run apart from those of others, eight hex digits. */
  readonly run?: Run;
  /** Told of every answer: the events `first` to `first + count - 1` (see `messageIdOf`) got this status. */
  readonly answered?: (status: number, first: number, count: number) => void;
}

export interface LoadResult {
  /** Answered ones. */
  readonly requests: number;
  /** Events of the requests that were answered with 2xx. */
  readonly events: number;
  readonly seconds: number;
  readonly requests_per_second: number;
  readonly events_per_second: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** Connections that the server closed, or that could not be opened. */
  readonly broken: number;
  readonly latency_ms: { readonly p50: number; readonly p90: number; readonly p99: number; readonly max: number };
  /** Mean. */
  readonly body_bytes: number;
  /** Of one core, as used by this process: near 1, the load was the bottleneck and not the server. */
  readonly cpu_share: number;
}

/** How long the last answers may take once the time is up. */
const DRAIN_MS = 10_000;

/** Ends early when every connection is broken. @throws Error where an answer cannot be read */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  return new Load(options).run();
}

class Load {
  private readonly url: URL;
  private readonly pool: Request[];
  private readonly runId: Run;
  private readonly histogram = new Histogram();
  private statuses = new Map<number, number>();
  private turn = 0;
  private numbers = 0;
  private started = 0;
  private deadline = 0;
  private warm = true;
  private last = 0;
  private cpuAtStart = { user: 0, system: 0 };

  constructor(private readonly options: LoadOptions) {
    this.url = new URL(options.url);
    this.pool = makeRequests({ url: this.url, key: options.key, events: options.events });
    this.runId = options.run ?? crypto.getRandomValues(Buffer.alloc(4)).toString('hex');
  }

  async run(): Promise<LoadResult> {
    const { connections, seconds, warmup_seconds = 0 } = this.options;
    this.started = Bun.nanoseconds() + warmup_seconds * 1e9;
    this.cpuAtStart = process.cpuUsage();
    this.deadline = this.started + seconds * 1e9;
    this.warm = warmup_seconds === 0;
    const lanes = Array.from({ length: connections }, () => this.lane());
    const patience = new Promise<boolean[]>((done) => {
      setTimeout(done, (warmup_seconds + seconds) * 1_000 + DRAIN_MS, []).unref();
    });
    const ended = await Promise.race([Promise.all(lanes), patience]);
    return this.result(connections - ended.filter((whole) => whole).length);
  }

  /** One connection. @returns whether it lasted to the end */
  private async lane(): Promise<boolean> {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    let first = 0;
    let sentAt = 0;
    const connection = await openConnection(this.url, {
      answered: (status) => {
        const now = Bun.nanoseconds();
        this.count(status, first, now, now - sentAt);
        next(now);
      },
      closed: () => resolve(false),
      failed: reject,
    });
    const next = (now: number): void => {
      if (now >= this.deadline) {
        resolve(true);
        connection?.end();
        return;
      }
      first = this.numbers;
      sentAt = now;
      connection?.send(this.nextRequest());
    };
    if (connection === null) return false;
    next(Bun.nanoseconds());
    return promise;
  }

  private nextRequest(): Uint8Array {
    const request = this.pool[this.turn];
    if (request === undefined) throw new Error('There are no requests to send.');
    this.turn = (this.turn + 1) % this.pool.length;
    this.numbers = renew(request, this.runId, this.numbers);
    return request.bytes;
  }

  private count(status: number, first: number, now: number, nanoseconds: number): void {
    this.options.answered?.(status, first, this.options.events);
    if (!this.warm) {
      if (now < this.started) return;
      this.warm = true;
      this.cpuAtStart = process.cpuUsage();
    }
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    this.histogram.add(nanoseconds / 1_000);
    this.last = now;
  }

  private result(broken: number): LoadResult {
    const counts = [...this.statuses];
    const requests = counts.reduce((sum, [, count]) => sum + count, 0);
    const good = counts.reduce((sum, [status, count]) => sum + (status >= 200 && status < 300 ? count : 0), 0);
    const seconds = Math.max(1e-9, (this.last - this.started) / 1e9);
    const { user, system } = process.cpuUsage(this.cpuAtStart);
    return {
      requests,
      events: good * this.options.events,
      seconds,
      requests_per_second: requests / seconds,
      events_per_second: (good * this.options.events) / seconds,
      statuses: Object.fromEntries(counts),
      broken,
      latency_ms: {
        p50: this.histogram.quantile(0.5),
        p90: this.histogram.quantile(0.9),
        p99: this.histogram.quantile(0.99),
        max: this.histogram.max,
      },
      body_bytes: this.pool.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0) / this.pool.length,
      cpu_share: (user + system) / 1e6 / seconds,
    };
  }
}
