import type { Clock, Database } from '../../platform/ports.ts';
import type { TimelineFiles } from '../timeline/files.ts';

/** What the reading side is made of. */
export interface QueryServices {
  /** The hot index. */
  readonly index: Database;
  /** What has left the hot index; without it nothing may leave. */
  readonly timeline?: TimelineFiles;
  /** Read tokens. */
  readonly control: Database;
  readonly clock: Clock;
  /** Told of every fault of ours, with what was thrown. */
  readonly report: (fault: unknown) => void;
  /** Every event acknowledged before this time is in the index, epoch milliseconds. */
  asOf(): Promise<number>;
  /**
   * @param from first day: 2026-01-31
   * @param to last day, included; never before `from`
   * @throws InletError report_unknown, date_invalid for too many days
   */
  readReport(name: string, from: string, to: string): Promise<Report>;
  listReports(): Promise<readonly ReportHeader[]>;
}

export interface ReportHeader {
  readonly name: string;
  readonly description: string;
  /** What one row stands for. */
  readonly grain: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly text: string }[];
}

export interface Report extends ReportHeader {
  /** JSON values, in the order of the columns. */
  readonly rows: readonly (readonly unknown[])[];
  /** Epoch milliseconds; null before the first compaction. */
  readonly asOf: number | null;
  /** IANA name. */
  readonly timezone: string;
  /** `at` in epoch milliseconds. */
  readonly restated: readonly { readonly date: string; readonly at: number; readonly because: string }[];
}
