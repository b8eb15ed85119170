/** Which files a session has to read, and which of them only to look for copies. */
import type { ObjectStore } from '../../platform/ports.ts';
import { RETRACTION_TYPE } from '../../schemas/event.ts';
import { type DayRange, tableFiles } from '../catalog/files.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import type { TableFile } from '../catalog/table-file.ts';
import { literal } from './duckdb.ts';
import type { Suspicion } from './identities.ts';

export interface NeededFiles {
  /** Files whose rows the session shows, unless they are copies. Retractions are not among them. */
  readonly shown: readonly TableFile[];
  /** Files that may hold copies of pending rows, of whatever day: copies need not agree on it. */
  readonly compared: readonly TableFile[];
}

/** @param suspicion null when nothing is pending */
export async function filesFor(
  lake: ObjectStore,
  snapshot: Snapshot,
  suspicion: Suspicion | null,
  days: DayRange | undefined,
): Promise<NeededFiles> {
  const { covers, ...suspects } = suspicion ?? { covers: () => false, partitions: [] };
  const found = await tableFiles(lake, snapshot, days === undefined ? {} : { days, ...suspects });
  return {
    shown: found.filter(({ date, type }) => type !== RETRACTION_TYPE && isWithin(days, date)),
    compared: found.filter(covers),
  };
}

/** @param date a UTC day: 2026-01-31 */
export function isWithin(days: DayRange | undefined, date: string): boolean {
  return days === undefined || (days.from <= date && date <= days.to);
}

/** Whether a row is of these UTC days: a condition that lets row groups be skipped. */
export function within(days: DayRange | undefined): string {
  if (days === undefined) return 'true';
  const [from, to] = [days.from, days.to].map((day) => `${literal(`${day} 00:00:00+00`)}::TIMESTAMPTZ`);
  return `"timestamp" >= ${from} and "timestamp" < ${to} + interval 1 day`;
}
