/** `bun test/bars/freshness.ts`: under load, how long after its 2xx does an event show in its user's timeline? */
import { Command } from 'commander';
import { isJsonObject } from '../../schemas/event.ts';
import { LOAD_CORE, onCore, PINNED, pinThisProcess, SERVER_CORE } from '../bench/support/cores.ts';
import { quantile, whole } from '../bench/support/numbers.ts';
import { positive } from '../bench/support/output.ts';
import { inScratch } from '../bench/support/scratch.ts';
import { askGraphql, sendBatch } from '../support/client.ts';
import { type RunningInlet, startInlet } from '../support/inlet.ts';
import { sendAtPace } from './support/pace.ts';
import { bar, conclude, information, ofPace } from './support/result.ts';

const RATE = 2_000;
const REQUEST_EVENTS = 20;
const CONNECTIONS = 64;
const P99_MS_MAX = 1_000;
/** Before the first marked event, so that a server is seen that has been up for a moment. */
const WARMUP_SECONDS = 3;
/** Between two marked events. Not a multiple of how long the consumer gathers, so that all of its phases are seen. */
const MARK_EVERY_MS = 230;
const POLL_MS = 10;
const PATIENCE_MS = 10_000;

const NEWEST = 'fragment newest on User { events(first: 1) { nodes { messageId } } }';

await new Command('freshness')
  .description('From the 2xx of an event to its place in the timeline, while others arrive at a steady pace')
  .option('--seconds <seconds>', 'for how long', positive, 30)
  .option('--rate <events>', 'events a second', positive, RATE)
  .action(async ({ seconds, rate }: { seconds: number; rate: number }) => {
    pinThisProcess(LOAD_CORE);
    await inScratch('freshness', async (folder) => {
      const inlet = await startInlet({ dataDir: folder, prefix: onCore(SERVER_CORE) });
      try {
        await measure(inlet, seconds, rate);
      } finally {
        await inlet.stop();
      }
    });
  })
  .parseAsync();

async function measure(inlet: RunningInlet, seconds: number, events_per_second: number): Promise<void> {
  const marked = markEvents(inlet, seconds);
  const paced = await sendAtPace({
    url: inlet.url,
    key: inlet.writeKey,
    events_per_second,
    request_events: REQUEST_EVENTS,
    seconds: WARMUP_SECONDS + seconds,
    connections: CONNECTIONS,
  });
  const delays = await marked;
  const [p50, p99, max] = [quantile(delays, 0.5), quantile(delays, 0.99), Math.max(...delays)];
  conclude(
    'freshness',
    [
      ...ofPace(paced),
      information('marked events', String(delays.length)),
      information('visible after, p50, ms', whole(p50)),
      bar('visible after, p99, ms', whole(p99), `< ${P99_MS_MAX}`, p99 < P99_MS_MAX),
      information('visible after, longest, ms', whole(max)),
    ],
    { pinned: PINNED, seconds, paced, visible_ms: { count: delays.length, p50, p99, max } },
  );
}

interface Marked {
  readonly userId: string;
  readonly messageId: string;
  /** When its 2xx was read. */
  readonly accepted: number;
}

/** @returns how long each marked event took to show, in milliseconds */
async function markEvents(inlet: RunningInlet, seconds: number): Promise<number[]> {
  await Bun.sleep(WARMUP_SECONDS * 1_000);
  const waiting = new Set<Marked>();
  const stop = new AbortController();
  const seen = watch(inlet, waiting, stop.signal);
  const start = performance.now();
  for (let number = 1; performance.now() - start < seconds * 1_000; number += 1) {
    waiting.add(await sendMarked(inlet, number));
    await Bun.sleep(Math.max(0, start + number * MARK_EVERY_MS - performance.now()));
  }
  stop.abort();
  return seen;
}

/** A marked event has a user of its own. */
async function sendMarked(inlet: RunningInlet, number: number): Promise<Marked> {
  const [userId, messageId] = [`marked-user-${number}`, `marked-${number}`];
  const event = { type: 'track', event: 'Marked', userId, messageId, timestamp: new Date().toISOString() };
  const response = await sendBatch(inlet, [event]);
  if (response.status !== 200) throw new Error(`A marked event was answered with ${response.status}.`);
  return { userId, messageId, accepted: performance.now() };
}

/** Asks for all that wait, every few milliseconds, until nothing waits any more. */
async function watch(inlet: RunningInlet, waiting: Set<Marked>, signal: AbortSignal): Promise<number[]> {
  const delays: number[] = [];
  while (!signal.aborted || waiting.size > 0) {
    const asked = performance.now();
    const marked = [...waiting];
    const visible = await visibleIds(inlet, marked);
    const now = performance.now();
    for (const event of marked) {
      const delay = now - event.accepted;
      if (!visible.has(event.messageId) && delay < PATIENCE_MS) continue;
      waiting.delete(event);
      delays.push(delay);
    }
    await Bun.sleep(Math.max(0, asked + POLL_MS - performance.now()));
  }
  return delays;
}

/** One request for all of them: many would be a load of their own. */
async function visibleIds(inlet: RunningInlet, marked: readonly Marked[]): Promise<Set<unknown>> {
  if (marked.length === 0) return new Set();
  const users = marked.map(({ userId }, index) => `u${index}: user(id: "${userId}") { ...newest }`);
  const answer = await askGraphql(inlet, `query { ${users.join(' ')} } ${NEWEST}`);
  return new Set(isJsonObject(answer) ? Object.values(answer).flatMap(messageIdsOf) : []);
}

function messageIdsOf(user: unknown): unknown[] {
  const events = isJsonObject(user) ? user.events : null;
  const nodes = isJsonObject(events) && Array.isArray(events.nodes) ? events.nodes : [];
  return nodes.filter(isJsonObject).map(({ messageId }) => messageId);
}
