/** Which files a session has to read, and which of them only to look for copies. */
import type { DuckDBConnection, JS } from '@duckdb/node-api';
import type { ObjectStore } from '../../platform/ports.ts';
import { type DayRange, tableFiles } from '../catalog/files.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import { receivedMax, type TableFile } from '../catalog/table-file.ts';
import { eventFiles } from './columns.ts';
import { windowStart } from './copies.ts';
import { allRows, asNumber, literal } from './duckdb.ts';

/** Of pending rows. */
export interface Arrivals {
  /** Epoch milliseconds; null when nothing is pending. */
  readonly earliest: number | null;
  readonly latest: number | null;
  /** How many of them the session shows, unless they are copies. */
  readonly shown: number;
}

export async function arrivalsOf(
  connection: DuckDBConnection,
  pending: readonly string[],
  days: DayRange | undefined,
): Promise<Arrivals> {
  const [row] = await allRows(
    connection,
    `select epoch_ms(min(received_at)) as earliest, epoch_ms(max(received_at)) as latest,
       count(*) filter (${within(days)}) as shown from ${eventFiles(pending)}`,
  );
  const time = (value: JS | undefined): number | null => (value == null ? null : asNumber(value));
  return { earliest: time(row?.earliest), latest: time(row?.latest), shown: asNumber(row?.shown) };
}

export interface NeededFiles {
  /** Files whose rows the session shows, unless they are copies. */
  readonly shown: readonly TableFile[];
  /** Files that may hold copies of pending rows. */
  readonly compared: readonly TableFile[];
}

/**
 * Copies lie on any day. A row of the table that is shown loses only to a pending row, and all of those are read. A
 * pending row that is shown may lose to a row of any day: only then are files of other days looked into.
 */
export async function filesFor(
  lake: ObjectStore,
  snapshot: Snapshot,
  { earliest, shown }: Arrivals,
  { days, dedupe_window_days }: { readonly days: DayRange | undefined; readonly dedupe_window_days: number },
): Promise<NeededFiles> {
  const since = earliest === null ? Number.POSITIVE_INFINITY : windowStart(earliest, dedupe_window_days);
  const found = await tableFiles(
    lake,
    snapshot,
    days === undefined ? {} : { days, ...(shown > 0 ? { received_since: since } : {}) },
  );
  return {
    shown: found.filter(({ date }) => days === undefined || (days.from <= date && date <= days.to)),
    compared: found.filter((file) => receivedMax(file) >= since),
  };
}

/** Whether a row is of these UTC days: a condition that lets row groups be skipped. */
export function within(days: DayRange | undefined): string {
  if (days === undefined) return 'true';
  const [from, to] = [days.from, days.to].map((day) => `${literal(`${day} 00:00:00+00`)}::TIMESTAMPTZ`);
  return `"timestamp" >= ${from} and "timestamp" < ${to} + interval 1 day`;
}
