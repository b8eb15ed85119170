/**
 * The consumer process of one machine: stores packs, and takes into the hot index what that missed. It reads the journals
 * itself, so only references cross between the processes.
 */

import { sortIndex } from '../../query/index/sort.ts';
import { parseConfig } from '../../schemas/config.ts';
import { type ConsumerPorts, consumeBatch, consumerMetrics } from '../app/consume.ts';
import { tendHotWindow } from '../app/hot-window.ts';
import { keep } from '../app/keep.ts';
import { tendIndex } from '../app/tend.ts';
import type { QueueBatch, QueueMessage } from '../ports.ts';
import { isMessage, type PackReference, type ToConsumer } from './child-messages.ts';
import { beChild, countersOf } from './child-side.ts';
import { openHotIndex } from './hot-index.ts';
import { openLake } from './lake.ts';
import type { Settlement } from './queue/consume.ts';
import { readBodies } from './queue/read.ts';
import { systemClock, zstdCompressor } from './system.ts';

/** Each transaction waits for the disk once, so a window of rows is one. */
const INDEX_BATCH = { characters_max: 33_554_432, events_max: 10_000 };
/** Short, as dead letters are tried without end here. */
const RETRY_SECONDS_MAX = 60;

const TEND_EVERY_MS = 5_000;
const DROP_EVERY_MS = 30_000;
/** Sorting takes little steps, between which batches are stored. */
const SORT = { every_ms: 2_000, pause_ms: 10 };

const config = parseConfig(process.env);
const { lake } = openLake(config);
const index = await openHotIndex(config);
const ports: ConsumerPorts = { lake, index, clock: systemClock, compressor: zstdCompressor, indexBatch: INDEX_BATCH };
const metrics = consumerMetrics();
const batches = new Set<Promise<void>>();

const samples = () => countersOf('consumer', metrics);
const { tell, problem, stopping, end } = beChild(samples, (message) => {
  if (!isMessage<ToConsumer>(message, ['batch']) || message.kind !== 'batch') return;
  const stored = store(message.batch, message.packs);
  batches.add(stored);
  void stored.finally(() => batches.delete(stored));
});

async function store(batch: number, packs: readonly PackReference[]): Promise<void> {
  const settlements: Settlement[] = packs.map(() => ({ retry: 1 }));
  let segment: string | null = null;
  try {
    const bodies = await readBodies(packs);
    const messages = packs.map(
      ({ id, attempts }, index): QueueMessage => ({
        id,
        attempts,
        body: bodies[index],
        ack: () => (settlements[index] = 'ack'),
        retry: (options) => (settlements[index] = { retry: options?.delaySeconds ?? 0 }),
      }),
    );
    const stored = (key: string): void => {
      segment = key;
    };
    await consumeBatch({ queue: 'packs', messages } satisfies QueueBatch, { ...ports, stored }, metrics, {
      retry_seconds_max: RETRY_SECONDS_MAX,
      report: problem,
    });
  } catch (error) {
    problem(`A batch could not be read and will be delivered again: ${error}`);
  }
  tell({ kind: 'settled', batch, settlements, segment });
}

async function sort(): Promise<void> {
  while (!stopping.aborted && (await sortIndex(index))) await systemClock.sleep(SORT.pause_ms);
}

const tending = {
  clock: systemClock,
  signal: stopping,
  failed: (cause: unknown) => {
    metrics.tend_failures += 1;
    problem(`The hot index could not be tended and is tried again: ${cause}`);
  },
};
const tended = { lake, index, clock: systemClock };
await Promise.all([
  keep(() => tendIndex(tended), { ...tending, every_ms: TEND_EVERY_MS }),
  keep(() => tendHotWindow(tended, config.hot_window_days), { ...tending, every_ms: DROP_EVERY_MS }),
  keep(sort, { ...tending, every_ms: SORT.every_ms }),
]);
await Promise.all(batches);
index.close();
end();
