/** When the central job runs: as soon as enough waits, and at the latest every so many minutes. */
import { openLog } from '../../lakehouse/catalog/log.ts';
import { runCentral } from '../../lakehouse/compact/central.ts';
import { LeaseHeldError } from '../../lakehouse/compact/lease.ts';
import { lookAtLake } from '../../lakehouse/operate/look.ts';
import { lakeGauges, pendingStatus } from '../../lakehouse/operate/status.ts';
import type { Config } from '../../schemas/config.ts';
import type { Clock, LocalFiles, ObjectStore, Random } from '../ports.ts';
import { keep } from './keep.ts';
import { markedSegments } from './reindex.ts';

const LOOK_EVERY_MS = 5_000;
/**
 * While the consumer has all it can do, compaction waits: on one core the two together keep up with neither. But not for
 * longer than this many times what else makes it due, as questions about segments cost more and more.
 */
const DEFER_TIMES = { bytes: 8, minutes: 3 };

export interface CentralPorts {
  readonly lake: ObjectStore;
  readonly files: LocalFiles;
  readonly clock: Clock;
  readonly random: Random;
  /** Where the lake is, to other engines. */
  readonly lake_uri: string;
}

/** Counters, each from the start of the process. */
export interface CentralMetrics {
  compactions: number;
  compacted_events: number;
  copies_removed: number;
  report_days: number;
  /** Rows of the timeline that were written, again or for the first time. */
  timeline_rows: number;
  failures: number;
  /** Looks at which a run was due, and waited for the log. */
  deferrals: number;
}

export function centralMetrics(): CentralMetrics {
  return {
    compactions: 0,
    compacted_events: 0,
    copies_removed: 0,
    report_days: 0,
    timeline_rows: 0,
    failures: 0,
    deferrals: 0,
  };
}

export interface CentralSight {
  readonly signal: AbortSignal;
  readonly metrics: CentralMetrics;
  /** How the lake fares, names to values: what waits at each look, everything else after each run. */
  readonly gauges: Record<string, number>;
  readonly report: (problem: string) => void;
  /** Whether the consumer has all it can do. */
  readonly isBusy: () => boolean;
}

/** Runs until the signal is aborted. A failure is reported and tried again; it never ends the loop. */
export async function keepCentral(
  ports: CentralPorts,
  config: Config,
  { signal, metrics, gauges, report, isBusy }: CentralSight,
): Promise<void> {
  const { clock, lake } = ports;
  let lastRun = clock.now();
  let hasLooked = false;
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
    if (!hasLooked) await look();
    const pending = pendingStatus((await openLog(lake)).segments);
    Object.assign(gauges, lakeGauges(pending));
    const waited_minutes = (clock.now() - lastRun) / 60_000;
    if (pending.pending_bytes < config.compact_bytes && waited_minutes < config.compact_minutes) return;
    const mayWait =
      pending.pending_bytes < DEFER_TIMES.bytes * config.compact_bytes &&
      waited_minutes < DEFER_TIMES.minutes * config.compact_minutes;
    if (mayWait && isBusy()) {
      metrics.deferrals += 1;
      return;
    }
    lastRun = clock.now();
    const options = { ...ports, config, signal, keep: () => markedSegments(lake) };
    const result = await runCentral(options).catch((error: unknown) => {
      if (error instanceof LeaseHeldError) return null;
      throw error;
    });
    // Another one, such as `inlet compact`, is at it.
    if (result === null) return;
    const { compaction, report_days, report_failure, timeline, timeline_failure } = result;
    metrics.compactions += 1;
    metrics.compacted_events += compaction.rows;
    metrics.copies_removed += compaction.copies;
    metrics.report_days += report_days;
    metrics.timeline_rows += (timeline?.rows ?? 0) + (timeline?.merged ?? 0);
    await look();
    if (report_failure !== null) throw report_failure;
    if (timeline_failure !== null) throw timeline_failure;
  }

  /** Reads every manifest, so it is not done at each look at what waits. */
  async function look(): Promise<void> {
    Object.assign(gauges, lakeGauges(await lookAtLake(lake)));
    hasLooked = true;
  }
}
