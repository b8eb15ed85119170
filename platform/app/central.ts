/** When the central job runs: as soon as enough waits, and at the latest every so many minutes. */
import { openLog } from '../../lakehouse/catalog/log.ts';
import { runCentral } from '../../lakehouse/compact/central.ts';
import { LeaseHeldError } from '../../lakehouse/compact/lease.ts';
import type { Config } from '../../schemas/config.ts';
import type { Clock, LocalFiles, ObjectStore, Random } from '../ports.ts';
import { keep } from './keep.ts';
import { markedSegments } from './reindex.ts';

const LOOK_EVERY_MS = 5_000;

export interface CentralPorts {
  readonly lake: ObjectStore;
  readonly files: LocalFiles;
  readonly clock: Clock;
  readonly random: Random;
  /** Where the lake is, to other engines. */
  readonly lake_uri: string;
}

export interface CentralMetrics {
  compactions: number;
  compacted_events: number;
  copies_removed: number;
  report_days: number;
  failures: number;
  pending_segment_bytes: number;
}

export function centralMetrics(): CentralMetrics {
  return {
    compactions: 0,
    compacted_events: 0,
    copies_removed: 0,
    report_days: 0,
    failures: 0,
    pending_segment_bytes: 0,
  };
}

/** Runs until the signal is aborted. A failure is reported and tried again; it never ends the loop. */
export async function keepCentral(
  ports: CentralPorts,
  config: Config,
  { signal, metrics, report }: { signal: AbortSignal; metrics: CentralMetrics; report: (problem: string) => void },
): Promise<void> {
  const { clock, lake } = ports;
  let lastRun = clock.now();
  await keep(runWhenDue, {
    every_ms: LOOK_EVERY_MS,
    clock,
    signal,
    failed: (cause) => {
      metrics.failures += 1;
      report(`The central job failed and is tried again: ${cause}`);
    },
  });

  async function runWhenDue(): Promise<void> {
    const { segments } = await openLog(lake);
    metrics.pending_segment_bytes = segments.reduce((sum, { size }) => sum + size, 0);
    const waited_minutes = (clock.now() - lastRun) / 60_000;
    if (metrics.pending_segment_bytes < config.compact_bytes && waited_minutes < config.compact_minutes) return;
    lastRun = clock.now();
    const options = { ...ports, config, signal, keep: () => markedSegments(lake) };
    const result = await runCentral(options).catch((error: unknown) => {
      if (error instanceof LeaseHeldError) return null;
      throw error;
    });
    // Another one, such as `inlet compact`, is at it.
    if (result === null) return;
    const { compaction, report_days } = result;
    metrics.compactions += 1;
    metrics.compacted_events += compaction.rows;
    metrics.copies_removed += compaction.copies;
    metrics.report_days += report_days;
  }
}
