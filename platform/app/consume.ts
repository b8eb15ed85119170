/**
 * The consumer: packs become a segment of the log, then rows of the hot index, then they are acknowledged. The order is
 * the promise: a pack is let go only when the log has it, and the hot index can always be caught up from the log.
 */
import { createHash } from 'node:crypto';
import { decodePack } from '../../edge/enqueue/pack.ts';
import { expandPack } from '../../edge/expand/expand.ts';
import { unreadablePack } from '../../edge/expand/unreadable.ts';
import { appendSegment } from '../../lakehouse/append/append.ts';
import type { BatchSize } from '../../query/index/write.ts';
import type { EventRow } from '../../schemas/columns.ts';
import type { Clock, Ports, QueueBatch } from '../ports.ts';
import { indexRows } from './index-rows.ts';
import { markForReindex } from './reindex.ts';

export interface ConsumerMetrics {
  segments: number;
  events: number;
  failed_events: number;
  unreadable_packs: number;
  log_failures: number;
  index_failures: number;
  /** Rebuilds that ended early, and segments that the index could not take in later either. */
  tend_failures: number;
}

export function consumerMetrics(): ConsumerMetrics {
  return {
    segments: 0,
    events: 0,
    failed_events: 0,
    unreadable_packs: 0,
    log_failures: 0,
    index_failures: 0,
    tend_failures: 0,
  };
}

export interface ConsumerPorts extends Pick<Ports, 'lake' | 'index' | 'compressor' | 'clock'> {
  /** How much of the hot index goes into one transaction, where that is not D1. */
  readonly indexBatch?: BatchSize;
  /** Told of the key of each segment once its events can be read. */
  readonly stored?: (segment: string) => void;
}

/**
 * Stores the packs, all or none.
 *
 * @param bodies packs as they were sent
 * @param report told what an operator should hear of
 * @throws when the log cannot be written; then all of them are to be delivered again. A failing hot index never throws:
 * delivering again would only make the log grow, so the segment is marked and indexed later.
 */
export async function consume(
  bodies: readonly Uint8Array[],
  ports: ConsumerPorts,
  metrics: ConsumerMetrics,
  report: (problem: string) => void,
): Promise<void> {
  const { rows, packIds } = readPacks(bodies, ports.clock, metrics);
  if (rows.length === 0) return;
  let segment: string;
  try {
    segment = await appendSegment(ports.lake, rows, packIds, ports.compressor);
  } catch (error) {
    metrics.log_failures += 1;
    throw error;
  }
  metrics.segments += 1;
  metrics.events += rows.length;
  for (const row of rows) if (row.verdict === 'rejected') metrics.failed_events += 1;
  try {
    await indexRows(ports.index, rows, ports.indexBatch);
  } catch (error) {
    metrics.index_failures += 1;
    report(`The hot index could not be written; ${segment} is indexed later: ${error}`);
    await markForReindex(ports.lake, segment, earliestArrival(rows), error);
  }
  ports.stored?.(segment);
}

function readPacks(
  bodies: readonly Uint8Array[],
  clock: Clock,
  metrics: ConsumerMetrics,
): { rows: EventRow[]; packIds: string[] } {
  const rowsByPack = new Map<string, EventRow[]>();
  for (const body of bodies) {
    try {
      const pack = decodePack(body);
      rowsByPack.set(pack.header.id, expandPack(pack));
    } catch {
      // Delivering it again would not make it readable: it is kept as it is, as a failed event.
      metrics.unreadable_packs += 1;
      const row = unreadablePack(body, createHash('sha256').update(body).digest('hex'), clock.now());
      rowsByPack.set(row.pack_id, [row]);
    }
  }
  return { rows: [...rowsByPack.values()].flat(), packIds: [...rowsByPack.keys()] };
}

function earliestArrival(rows: readonly EventRow[]): number {
  return rows.reduce((earliest, row) => Math.min(earliest, row.received_at), Number.POSITIVE_INFINITY);
}

/**
 * A batch as a queue delivers it: acknowledged as a whole, or to be delivered again with a delay that doubles.
 *
 * @param retry_seconds_max where the delay ends: with the attempts that the queue makes, this is the longest outage of
 * the store that packs outlive
 * @param report told what an operator should hear of
 */
export async function consumeBatch(
  batch: QueueBatch,
  ports: ConsumerPorts,
  metrics: ConsumerMetrics,
  { retry_seconds_max, report }: { retry_seconds_max: number; report: (problem: string) => void },
): Promise<void> {
  try {
    await consume(
      batch.messages.map(({ body }) => bytesOf(body)),
      ports,
      metrics,
      report,
    );
    for (const message of batch.messages) message.ack();
  } catch (error) {
    report(`The log could not be written; ${batch.messages.length} packs will be tried again: ${error}`);
    for (const message of batch.messages) {
      message.retry({ delaySeconds: Math.min(retry_seconds_max, 2 ** message.attempts) });
    }
  }
}

/** Cloudflare hands over an ArrayBuffer. Whatever else is there was not sent by an edge: it is kept as unreadable. */
function bytesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  return new TextEncoder().encode(JSON.stringify(body) ?? '');
}
