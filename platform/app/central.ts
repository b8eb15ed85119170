/** When the central job runs: as soon as enough waits, and at the latest every so many minutes. */
import { openLog } from '../../lakehouse/catalog/log.ts';
import { runCentral } from '../../lakehouse/compact/central.ts';
import type { Config } from '../../schemas/config.ts';
import type { Clock, Database, LocalFiles, ObjectStore, Random } from '../ports.ts';
import { markedSegments } from './reindex.ts';
import { tendIndex } from './tend.ts';

const LOOK_EVERY_MS = 5_000;

export interface CentralPorts {
  readonly lake: ObjectStore;
  readonly files: LocalFiles;
  readonly index: Database;
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
  let lastRun = ports.clock.now();
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  while (!signal.aborted) {
    // Apart: an index that is away must not keep the log from being compacted.
    await attempt(() => tendIndex(ports));
    await attempt(async () => {
      if (!config.central || !(await isDue())) return;
      lastRun = ports.clock.now();
      await runOnce();
    });
    await Promise.race([ports.clock.sleep(LOOK_EVERY_MS), aborted]);
  }

  async function attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      metrics.failures += 1;
      report(`The central job failed and is tried again: ${error}`);
    }
  }

  async function isDue(): Promise<boolean> {
    const { segments } = await openLog(ports.lake);
    metrics.pending_segment_bytes = segments.reduce((sum, { size }) => sum + size, 0);
    const waited_minutes = (ports.clock.now() - lastRun) / 60_000;
    return metrics.pending_segment_bytes >= config.compact_bytes || waited_minutes >= config.compact_minutes;
  }

  async function runOnce(): Promise<void> {
    const { compaction, report_days } = await runCentral({
      ...ports,
      config,
      signal,
      keep: () => markedSegments(ports.lake),
    });
    metrics.compactions += 1;
    metrics.compacted_events += compaction.rows;
    metrics.copies_removed += compaction.copies;
    metrics.report_days += report_days;
  }
}
