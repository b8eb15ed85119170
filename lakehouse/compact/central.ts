/** The central job: what keeps the lake in order, run by a timer or by hand. It writes to the lake only. */
import { type Expiry, expire } from '../catalog/expire.ts';
import { loadReports } from '../report/folder.ts';
import { reportsAreCurrent, storeReports } from '../report/store.ts';
import { buildTimeline, type TimelineResult } from '../timeline/build.ts';
import { withLease } from './lease.ts';
import { type CompactionOptions, type CompactionResult, runCompaction } from './run.ts';

export interface CentralOptions extends CompactionOptions {
  readonly config: CompactionOptions['config'] & {
    readonly grace_minutes: number;
    readonly reports_dir: string | null;
    readonly reports_timezone: string;
  };
  /** Consumed segments that somebody else still needs. */
  readonly keep: () => Promise<ReadonlySet<string>>;
}

export interface CentralResult {
  readonly compaction: CompactionResult;
  /** Days of reports that were stored, over all reports. */
  readonly report_days: number;
  readonly expired: Expiry;
  /** What the first report that failed said; null when all are stored. */
  readonly report_failure: unknown;
  /** Null when it failed. */
  readonly timeline: TimelineResult | null;
  readonly timeline_failure: unknown;
}

/**
 * Compacts, stores the reports of the days that changed, builds the timeline, and deletes what nobody needs any more,
 * which a report or a build that fails does not hold up.
 *
 * @throws LeaseHeldError when another one does so already
 */
export async function runCentral(options: CentralOptions): Promise<CentralResult> {
  return withLease(options, options.signal, (signal) => runAlone({ ...options, signal }));
}

async function runAlone(options: CentralOptions): Promise<CentralResult> {
  const compaction = await runCompaction(options);
  const [reported] = await Promise.allSettled([refreshReports(options)]);
  const [built] = await Promise.allSettled([buildTimeline(options)]);
  const expired = await expire({ ...options, keep: await options.keep() });
  const isStored = reported.status === 'fulfilled';
  return {
    compaction,
    report_days: isStored ? reported.value : 0,
    expired,
    report_failure: isStored ? null : reported.reason,
    timeline: built.status === 'fulfilled' ? built.value : null,
    timeline_failure: built.status === 'fulfilled' ? null : built.reason,
  };
}

async function refreshReports(options: CentralOptions): Promise<number> {
  const { reports_dir, reports_timezone } = options.config;
  const wanted = { ...options, reports: await loadReports(reports_dir), timezone: reports_timezone };
  if (await reportsAreCurrent(wanted)) return 0;
  return (await storeReports(wanted)).reduce((total, { days }) => total + days, 0);
}
