/** One run of a seed: senders, consumers, rebuilds and readers at once under faults; then healing; then the checks. */
import { groupCommit } from '../../edge/enqueue/group-commit.ts';
import type { Part } from '../../edge/enqueue/pack.ts';
import { packPerRequest } from '../../edge/enqueue/pack-per-request.ts';
import { createAsOf } from '../../platform/app/as-of.ts';
import { type ConsumerPorts, consumeBatch, consumerMetrics } from '../../platform/app/consume.ts';
import { trackInFlight } from '../../platform/app/in-flight.ts';
import { requestRebuild, tendIndex } from '../../platform/app/tend.ts';
import type { QueueBatch } from '../../platform/ports.ts';
import { type SimPorts, simPorts } from '../../platform/sim/ports.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import { missingAsOf, problemsOf, readTimelineOf, type Sent } from './check.ts';
import { drawFaults, type Faults, Process, World } from './world.ts';

const ROUNDS = 6;
const USERS = ['ada', 'ben', 'cleo'];
const SENDS_MAX = 3;
/** Healed, everything has to be taken in within so many rounds. */
const DRAIN_ROUNDS_MAX = 30;
const HEAL_MS = 60 * 60_000;

const QUIET = { retry_seconds_max: 60, report: () => {} };

export type Consume = (batch: QueueBatch, ports: ConsumerPorts) => Promise<void>;

const consumeRightly: Consume = (batch, ports) => consumeBatch(batch, ports, consumerMetrics(), QUIET);

export interface Outcome {
  readonly faults: Faults;
  readonly acknowledged: number;
  /** Empty when every promise was kept. */
  readonly problems: readonly string[];
  readonly ports: SimPorts;
}

/** The same seed gives the same run. @param consume the consumer, to plant a fault in it */
export async function simulate(seed: number, consume: Consume = consumeRightly): Promise<Outcome> {
  const random = seededRandom(seed);
  const ports = await simPorts(seed);
  const faults = drawFaults(random);
  const world = new World(random, ports.clock, faults);
  const sent: Sent[] = [];
  const problems: string[] = [];

  // For a sender, an edge that dies is an answer that is lost.
  const edge = new Process(world, 'death');
  const makeEnqueue = random.below(2) === 0 ? groupCommit : packPerRequest;
  const inFlight = trackInFlight(makeEnqueue({ ...ports, queue: edge.queue(ports.queue) }));
  const reader = new Process(world, 'everything');
  const readerPorts = { lake: reader.store(ports.lake), index: reader.database(ports.index), clock: ports.clock };
  const asOf = createAsOf({
    ...readerPorts,
    async oldestPending() {
      const underWay = inFlight.oldest();
      const waiting = (await reader.queue(ports.queue).metrics()).oldestMessageTimestamp?.getTime() ?? null;
      return underWay === null || waiting === null ? (underWay ?? waiting) : Math.min(underWay, waiting);
    },
  });

  /** Sends until it is acknowledged, as SDKs do: with the same message ids. */
  async function send(): Promise<void> {
    const events = Array.from({ length: 1 + random.below(3) }, draft);
    sent.push(...events);
    for (let attempt = 1; attempt <= SENDS_MAX; attempt += 1) {
      const acknowledged = await inFlight.enqueue.enqueue([partOf(events, ports.clock.now())]).then(
        () => true,
        () => false,
      );
      if (!acknowledged) continue;
      for (const event of events) event.acknowledgedAt ??= ports.clock.now();
      return;
    }
  }

  /** One in four is a copy of an earlier event, under any user. */
  function draft(): Sent {
    const original = sent[random.below(sent.length * 4)];
    const user = USERS[random.below(USERS.length)] ?? 'ada';
    const messageId = original?.messageId ?? random.hex(12);
    return { messageId, user, timestamp: ports.clock.now() - random.below(4) * 1_800_000, acknowledgedAt: null };
  }

  async function deliver(): Promise<void> {
    const process = new Process(world);
    const own = processPorts(process);
    await ports.queue.deliver(async (batch) => {
      await process.run(consume(batch, own));
      if (process.dead) throw new Error('died before it acknowledged');
    }, 1 + random.below(6));
  }

  async function tend(): Promise<void> {
    const process = new Process(world);
    // What fails is tried again by the next one.
    await process.run(tendIndex(processPorts(process))).catch(() => {});
  }

  function processPorts(process: Process): ConsumerPorts {
    return { ...ports, lake: process.store(ports.lake), index: process.database(ports.index) };
  }

  async function read(): Promise<void> {
    const user = USERS[random.below(USERS.length)] ?? 'ada';
    problems.push(...missingAsOf(await readTimelineOf(readerPorts.index, user, asOf), user, sent));
  }

  for (let round = 0; round < ROUNDS; round += 1) {
    if (world.happens('duplicate')) ports.queue.redeliver();
    if (world.happens('reorder')) ports.queue.shuffle(random);
    if (random.below(10) === 0) await requestRebuild(ports.lake);
    const actors = [send, send, deliver, deliver, tend, read].filter(() => random.below(3) > 0);
    await world.finish(actors.map((act) => act()));
    await ports.clock.advance(random.below(20_000));
  }

  world.faults = null;
  for (let round = 0; ports.queue.waiting > 0 && round < DRAIN_ROUNDS_MAX; round += 1) {
    await ports.clock.advance(HEAL_MS);
    await world.finish([deliver(), deliver()]);
  }
  await world.finish([tend()]);
  if (ports.queue.waiting > 0) problems.push(`the queue does not drain: ${ports.queue.waiting} wait`);
  await ports.clock.advance(HEAL_MS);
  const healed = ports.clock.now();
  await world.finish([asOf().then((time) => time >= healed || problems.push('as-of stays behind'))]);
  problems.push(...(await problemsOf(ports, sent, USERS)));
  return { faults, acknowledged: sent.filter(({ acknowledgedAt }) => acknowledgedAt !== null).length, problems, ports };
}

function partOf(events: readonly Sent[], receivedAt: number): Part {
  const batch = events.map(({ messageId, user, timestamp }) => ({
    type: 'track',
    event: 'Simulated',
    messageId,
    userId: user,
    timestamp: new Date(timestamp).toISOString(),
  }));
  const body = new TextEncoder().encode(JSON.stringify({ batch }));
  return { header: { bytes: body.length, form: 'batch', count: events.length, source: 'sim', receivedAt }, body };
}
