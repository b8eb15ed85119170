/** Sends the shop's calls as its apps would: through the published SDK, one client for each source. */
import { Analytics } from '@segment/analytics-node';
import type { ShopCall, Source } from './calls.ts';

const EVENTS_PER_BATCH = 100;
/** Events on their way; beyond that the shop waits, so that memory stays bounded. */
const PENDING_MAX = 2_000;
/** The server is on this machine: more would only put off the bad news. */
const RETRIES = 2;
/** Closing leaves a batch that is not full to this timer while others are under way. */
const FLUSH_MS = 250;

export class Sender {
  private readonly clients: ReadonlyMap<Source, Analytics>;
  private pending = 0;
  private delivered = 0;
  private failures = 0;
  private firstFailure: unknown = null;
  private wake: (() => void) | null = null;

  /** @param keys the write key of each source */
  constructor(url: string, keys: ReadonlyMap<Source, string>) {
    this.clients = new Map(
      [...keys].map(([source, writeKey]) => [
        source,
        new Analytics({ host: url, writeKey, flushAt: EVENTS_PER_BATCH, flushInterval: FLUSH_MS, maxRetries: RETRIES }),
      ]),
    );
  }

  /** How many calls the server has taken. */
  get sent(): number {
    return this.delivered;
  }

  /**
   * Waits while too many calls are on their way.
   *
   * @throws Error as soon as the SDK has given a call up
   */
  async send(call: ShopCall): Promise<void> {
    const client = this.clients.get(call.source);
    if (client === undefined) throw new Error(`There is no write key for the source ${call.source}.`);
    this.pending++;
    hand(client, call, (failure) => this.settle(failure));
    while (this.pending >= PENDING_MAX) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    this.check();
  }

  /** Sends what is left. @throws Error where the SDK has given a call up */
  async close(): Promise<void> {
    await Promise.all([...this.clients.values()].map((client) => client.closeAndFlush()));
    this.check();
    if (this.pending > 0) throw new Error(`${this.pending} events were not answered in time.`);
  }

  private settle(failure: unknown): void {
    this.pending--;
    if (failure === undefined) this.delivered++;
    else {
      this.failures++;
      this.firstFailure ??= failure;
    }
    this.wake?.();
  }

  private check(): void {
    if (this.failures === 0) return;
    const reason = this.firstFailure instanceof Error ? this.firstFailure.message : String(this.firstFailure);
    throw new Error(`${this.failures} events were not taken, the first of them because: ${reason}`);
  }
}

function hand(client: Analytics, call: ShopCall, done: (failure: unknown) => void): void {
  const { anonymousId, userId, messageId, timestamp, context } = call;
  const common = { anonymousId, userId, messageId, timestamp, context };
  switch (call.type) {
    case 'track':
      client.track({ ...common, event: call.event, properties: call.properties }, done);
      break;
    case 'page':
    case 'screen':
      client[call.type]({ ...common, name: call.name, properties: call.properties }, done);
      break;
    case 'identify':
      client.identify({ ...common, traits: call.traits }, done);
      break;
    case 'group':
      client.group({ ...common, groupId: call.groupId, traits: call.traits }, done);
      break;
    case 'alias':
      client.alias({ userId: call.userId, previousId: call.previousId, messageId, timestamp, context }, done);
      break;
  }
}
