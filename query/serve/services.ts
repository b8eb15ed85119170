import type { Clock, Database, HotIndex } from '../../platform/ports.ts';
import type { EventRow } from '../../schemas/columns.ts';
import type { AuditLine } from '../access/audit.ts';
import type { TimelineFiles } from '../timeline/files.ts';

/** What the reading side is made of. */
export interface QueryServices {
  /** The hot index. */
  readonly index: HotIndex;
  /** What has left the hot index; without it nothing may leave. */
  readonly timeline?: TimelineFiles;
  /** Read tokens. */
  readonly control: Database;
  readonly clock: Clock;
  /** Told of every fault of ours, with what was thrown; of what was refused for want of room, a line. */
  readonly report: (fault: unknown) => void;
  /** Told who read whose timeline; returns at once. */
  readonly audit: (line: AuditLine) => void;
  /** Every event acknowledged before this time is in the index, epoch milliseconds. */
  asOf(): Promise<number>;
  /**
   * @param from first day: 2026-01-31
   * @param to last day, included; never before `from`
   * @throws InletError report_unknown, date_invalid for too many days
   */
  readReport(name: string, from: string, to: string): Promise<Report>;
  listReports(): Promise<readonly ReportHeader[]>;
  /** Latest arrival first. @throws InletError query_too_costly */
  readFailedEvents(query: FailedQuery): Promise<FailedPage>;
  /** By name. */
  listSources(): Promise<readonly Source[]>;
  readStatus(): Promise<Status>;
  /**
   * Tells of the rows of the log as they come in, from now on, failed events among them.
   *
   * @param lost told, as the last thing, when rows come faster than they can be read
   * @returns ends it
   */
  follow(receive: (rows: readonly EventRow[]) => void, lost: () => void): () => void;
}

export interface ReportHeader {
  readonly name: string;
  readonly description: string;
  /** What one row stands for. */
  readonly grain: string;
  readonly columns: readonly ReportColumn[];
  /** Names of the columns whose values may be added up over rows. */
  readonly sums: readonly string[];
}

export interface ReportColumn {
  readonly name: string;
  readonly type: string;
  readonly text: string;
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

/** Where a failed event stands among all: by arrival, then by its place in the pack. */
export interface FailedPosition {
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  readonly packId: string;
  readonly packIndex: number;
}

export interface FailedQuery {
  /** Arrival, epoch milliseconds, included. */
  readonly from: number;
  /** Not included. */
  readonly to: number;
  /** Null for all. */
  readonly codes: readonly string[] | null;
  /** Null for all. */
  readonly sources: readonly string[] | null;
  readonly first: number;
  /** Only what comes behind this; null for all. */
  readonly after: FailedPosition | null;
}

export interface FailedEvent extends FailedPosition {
  readonly source: string;
  readonly code: string;
  /** What was sent, or its start. */
  readonly body: string | null;
  /** Bytes of what was sent. */
  readonly bytes: number | null;
  /** Of what was sent, where `body` is not all of it. */
  readonly sha256: string | null;
}

export interface FailedPage {
  readonly events: readonly FailedEvent[];
  /** Where the next page begins; null where there is none. */
  readonly next: FailedPosition | null;
}

export interface Source {
  readonly name: string;
  /** Times in epoch milliseconds. */
  readonly keys: readonly { readonly kind: string; readonly createdAt: number; readonly revokedAt: number | null }[];
}

/** Times in epoch milliseconds. */
export interface Status {
  readonly asOf: number;
  readonly queue: { readonly packs: number; readonly bytes: number; readonly oldest: number | null };
  readonly lake: {
    readonly snapshot: number;
    readonly committedAt: number | null;
    readonly asOf: number | null;
    readonly rows: number;
    readonly files: number;
    readonly bytes: number;
    readonly pendingSegments: number;
    readonly pendingBytes: number;
  };
}
