/** The central job: what keeps the lake in order, run by a timer or by hand. It writes to the lake only. */
import { type Expiry, expire } from '../catalog/expire.ts';
import { reportsAreCurrent, storeReports } from '../report/store.ts';
import { openSession } from '../sql/session.ts';
import { withLease } from './lease.ts';
import { type CompactionOptions, type CompactionResult, runCompaction } from './run.ts';

export interface CentralOptions extends CompactionOptions {
  readonly config: CompactionOptions['config'] & { readonly grace_minutes: number };
  /** Consumed segments that somebody else still needs. */
  readonly keep: () => Promise<ReadonlySet<string>>;
}

export interface CentralResult {
  readonly compaction: CompactionResult;
  /** Days of reports that were stored, over all reports. */
  readonly report_days: number;
  readonly expired: Expiry;
}

/**
 * Compacts, stores the reports of the days that changed, and deletes what nobody needs any more.
 *
 * @throws LeaseHeldError when another one does so already
 */
export async function runCentral(options: CentralOptions): Promise<CentralResult> {
  return withLease(options, options.signal, (signal) => runAlone({ ...options, signal }));
}

async function runAlone(options: CentralOptions): Promise<CentralResult> {
  const compaction = await runCompaction(options);
  const report_days = (await reportsAreCurrent(options.lake)) ? 0 : await refreshReports(options);
  const expired = await expire({ ...options, keep: await options.keep() });
  return { compaction, report_days, expired };
}

async function refreshReports(options: CentralOptions): Promise<number> {
  const session = await openSession(options);
  try {
    return await storeReports({ ...options, session });
  } finally {
    await session.close();
  }
}
