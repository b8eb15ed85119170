/**
 * Load at a steady pace, whatever the server does: a request is due at its time, and its latency counts from then, so
 * that a server that stalls cannot hide the requests which it kept waiting.
 */
import { type Connection, openConnection } from '../../load/connection.ts';
import { Histogram } from '../../load/histogram.ts';
import type { Run } from '../../load/message-id.ts';
import { makeRequests, type Request, renew } from '../../load/requests.ts';

export interface PaceOptions {
  readonly url: string;
  /** The write key. */
  readonly key: string;
  readonly events_per_second: number;
  /** Events a request, two at least. */
  readonly request_events: number;
  readonly seconds: number;
  /** How many requests may be under way at the same time; the others wait, and their latency grows. */
  readonly connections: number;
}

export interface Paced {
  readonly requests: number;
  /** Answered with 2xx. */
  readonly good: number;
  /** Due, and not sent before patience ended: the server was too slow. */
  readonly unsent: number;
  /** By status; `broken` where the connection ended before the answer, `none` where it took too long. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly events_per_second: number;
  /** From when a request was due to when its answer was read. */
  readonly latency_ms: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Of one core, as used by this process: near 1, the load could not keep its pace. */
  readonly cpu_share: number;
}

const TICK_MS = 2;
const REQUEST_TIMEOUT_MS = 30_000;
/** How long after the time is up what is due may still be sent. */
const PATIENCE_MS = 5_000;

/**
 * Everything is made before the clock starts.
 *
 * @returns when all that was sent is answered
 * @throws Error when the server cannot be reached
 */
export async function sendAtPace(options: PaceOptions): Promise<Paced> {
  const { url, key, request_events, seconds } = options;
  const pool = makeRequests({ url: new URL(url), key, events: request_events });
  return new Pacer(options, pool, Math.round((options.events_per_second / request_events) * seconds)).run();
}

class Pacer {
  private readonly url: URL;
  private readonly run_id: Run = crypto.getRandomValues(Buffer.alloc(4)).toString('hex');
  private readonly histogram = new Histogram();
  private readonly statuses = new Map<string, number>();
  private readonly rate_per_ms: number;
  private readonly idle: Connection[] = [];
  private started = 0;
  private sent = 0;
  private answered = 0;
  private numbers = 0;
  private closed = false;

  constructor(
    private readonly options: PaceOptions,
    private readonly pool: readonly Request[],
    private readonly total: number,
  ) {
    this.url = new URL(options.url);
    this.rate_per_ms = options.events_per_second / options.request_events / 1_000;
  }

  async run(): Promise<Paced> {
    await Promise.all(Array.from({ length: this.options.connections }, () => this.connect()));
    const cpu = process.cpuUsage();
    this.started = performance.now();
    const deadline = this.started + this.options.seconds * 1_000 + PATIENCE_MS;
    while (this.sent < this.total && performance.now() < deadline) {
      this.sendDue();
      await Bun.sleep(TICK_MS);
    }
    this.closed = true;
    const end = performance.now() + REQUEST_TIMEOUT_MS;
    while (this.answered < this.sent && performance.now() < end) await Bun.sleep(TICK_MS);
    if (this.answered < this.sent) this.statuses.set('none', this.sent - this.answered);
    for (const connection of this.idle) connection.end();
    const elapsed_ms = performance.now() - this.started;
    const { user, system } = process.cpuUsage(cpu);
    const statuses = Object.fromEntries(this.statuses);
    const good = Object.entries(statuses).reduce((sum, [status, n]) => sum + (status.startsWith('2') ? n : 0), 0);
    return {
      requests: this.sent,
      good,
      unsent: this.total - this.sent,
      statuses,
      events_per_second: ((good * this.options.request_events) / elapsed_ms) * 1_000,
      latency_ms: { p50: this.histogram.quantile(0.5), p99: this.histogram.quantile(0.99), max: this.histogram.max },
      cpu_share: (user + system) / 1_000 / elapsed_ms,
    };
  }

  /** One more connection, in place of one that is no more. */
  private async connect(): Promise<void> {
    let due: number | null = null;
    let paced: Connection | null = null;
    const ended = (status: string): void => {
      if (due === null) return;
      this.answered += 1;
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
      this.histogram.add((performance.now() - due) * 1_000);
      due = null;
    };
    const replace = (): void => {
      this.idle.splice(0, this.idle.length, ...this.idle.filter((one) => one !== paced));
      ended('broken');
      if (!this.closed) void this.connect();
    };
    const connection = await openConnection(this.url, {
      answered: (status) => {
        ended(String(status));
        if (paced !== null) this.idle.push(paced);
        this.sendDue();
      },
      closed: replace,
      failed: replace,
    });
    if (connection === null) throw new Error(`${this.url.href} cannot be reached.`);
    paced = {
      send: (request) => {
        due = this.started + this.sent / this.rate_per_ms;
        this.sent += 1;
        connection.send(request);
      },
      end: () => connection.end(),
    };
    this.idle.push(paced);
  }

  private sendDue(): void {
    const due = Math.min(this.total, Math.floor((performance.now() - this.started) * this.rate_per_ms) + 1);
    while (!this.closed && this.sent < due) {
      const connection = this.idle.pop();
      if (connection === undefined) return;
      const request = this.pool[this.sent % this.pool.length];
      if (request === undefined) throw new Error('There are no requests to send.');
      this.numbers = renew(request, this.run_id, this.numbers);
      connection.send(request.bytes);
    }
  }
}
