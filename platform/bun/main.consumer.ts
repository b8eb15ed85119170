/**
 * The consumer process of one machine: stores packs, and compacts, reports and mends beside. It reads the journals
 * itself, so only references cross between the processes; it ends when its server does.
 */
import { join } from 'node:path';
import { type Config, parseConfig } from '../../schemas/config.ts';
import { type CentralPorts, centralMetrics, keepCentral } from '../app/central.ts';
import { type ConsumerPorts, consumeBatch, consumerMetrics } from '../app/consume.ts';
import type { QueueBatch, QueueMessage } from '../ports.ts';
import { type FromConsumer, isMessage, type PackReference, type ToConsumer } from './consumer-messages.ts';
import { openLake } from './lake.ts';
import type { Settlement } from './queue/consume.ts';
import { CorruptMessageError } from './queue/errors.ts';
import { HEADER_BYTES } from './queue/frame.ts';
import { readFrame, readMessage } from './queue/read.ts';
import { sqliteDatabase } from './sqlite-database.ts';
import { systemClock, systemRandom, zstdCompressor } from './system.ts';

/** Each transaction waits for the disk once, so a window of rows is one. */
const INDEX_BATCH = { characters_max: 33_554_432, events_max: 10_000 };
const METRICS_MS = 1_000;
/** Short, as dead letters are tried without end here. */
const RETRY_SECONDS_MAX = 60;

function tell(message: FromConsumer): void {
  process.send?.(message);
}

async function main(config: Config): Promise<void> {
  const lake = openLake(config);
  const index = sqliteDatabase(join(config.data_dir, 'hot-index.sqlite'));
  const ports: CentralPorts & ConsumerPorts = {
    ...lake,
    index,
    clock: systemClock,
    random: systemRandom,
    compressor: zstdCompressor,
    indexBatch: INDEX_BATCH,
  };
  const consumed = consumerMetrics();
  const central = centralMetrics();
  const stopping = new AbortController();
  const batches = new Set<Promise<void>>();

  process.on('message', (message: unknown) => {
    if (!isMessage<ToConsumer>(message, ['batch', 'stop'])) return;
    if (message.kind === 'stop') stopping.abort();
    else begin(store(message.batch, message.packs));
  });

  function begin(batch: Promise<void>): void {
    batches.add(batch);
    void batch.finally(() => batches.delete(batch));
  }

  async function store(batch: number, packs: readonly PackReference[]): Promise<void> {
    const settlements: Settlement[] = packs.map(() => ({ retry: 1 }));
    try {
      const messages = await Promise.all(
        packs.map((pack, index) => toMessage(pack, (settlement) => (settlements[index] = settlement))),
      );
      await consumeBatch({ queue: 'packs', messages } satisfies QueueBatch, ports, consumed, {
        retry_seconds_max: RETRY_SECONDS_MAX,
        report: problem,
      });
    } catch (error) {
      problem(`A batch could not be read and will be delivered again: ${error}`);
    }
    tell({ kind: 'settled', batch, settlements });
  }

  const metricsTimer = setInterval(() => {
    tell({ kind: 'metrics', samples: { ...prefixed('consumer', consumed), ...prefixed('central', central) } });
  }, METRICS_MS);
  tell({ kind: 'ready' });
  await keepCentral(ports, config, { signal: stopping.signal, metrics: central, report: problem });
  await Promise.all(batches);
  clearInterval(metricsTimer);
  index.close();
}

async function toMessage(pack: PackReference, settle: (settlement: Settlement) => void): Promise<QueueMessage> {
  return {
    id: pack.id,
    attempts: pack.attempts,
    body: await readBody(pack),
    ack: () => settle('ack'),
    retry: (options) => settle({ retry: options?.delaySeconds ?? 0 }),
  };
}

/** A damaged message is stored as it is: as a pack it is unreadable, and kept as a failed event. */
async function readBody(pack: PackReference): Promise<Uint8Array> {
  try {
    return await readMessage(pack);
  } catch (error) {
    if (!(error instanceof CorruptMessageError)) throw error;
    return (await readFrame(pack)).subarray(HEADER_BYTES);
  }
}

/** Counters end in `_total`, as Prometheus has it; what ends in a unit is a gauge. */
function prefixed(part: string, values: object): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      `inlet_${part}_${name}${name.endsWith('_bytes') ? '' : '_total'}`,
      Number(value),
    ]),
  );
}

function problem(text: string): void {
  tell({ kind: 'problem', text });
}

// The terminal sends Ctrl-C to both processes; the server says when to stop.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => process.exit(0));

await main(parseConfig(process.env));
process.exit(0);
