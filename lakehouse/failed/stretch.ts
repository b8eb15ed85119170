/**
 * Where failed events lie in the log. They have no user key, and files are sorted by user key: so they are at the start of
 * the row groups whose least user key is empty, and in no others.
 */
import { parquetMetadataAsync, type RowGroup } from 'hyparquet';
import type { ObjectStore } from '../../platform/ports.ts';
import { FOOTER_BYTES, openObject, PARSERS } from '../append/read.ts';

/** One row group that may hold failed events. */
export interface Stretch {
  readonly key: string;
  readonly rowStart: number;
  readonly rowEnd: number;
  /** Bounds of the arrival of its events, epoch milliseconds. */
  readonly oldest: number;
  readonly newest: number;
}

/** Files never change, and most hold no failed event at all: what was seen of one is remembered. */
const KNOWN_MAX = 20_000;
const known = new WeakMap<ObjectStore, Map<string, readonly Stretch[]>>();

/** What an earlier look at the file found; undefined where there was none. */
export function knownStretches(lake: ObjectStore, key: string): readonly Stretch[] | undefined {
  return known.get(lake)?.get(key);
}

/** Reads the end of the file. @throws Error when the file is gone */
export async function lookForStretches(lake: ObjectStore, key: string): Promise<readonly Stretch[]> {
  const metadata = await parquetMetadataAsync(await openObject(lake, key), {
    parsers: PARSERS,
    initialFetchSize: FOOTER_BYTES,
  });

  const stretches: Stretch[] = [];
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    if (mayHoldFailed(group)) stretches.push({ key, rowStart, rowEnd, ...arrivalOf(group) });
    rowStart = rowEnd;
  }

  remember(lake, key, stretches);
  return stretches;
}

function remember(lake: ObjectStore, key: string, stretches: readonly Stretch[]): void {
  const files = known.get(lake) ?? new Map<string, readonly Stretch[]>();
  known.set(lake, files);
  const [oldest] = files.keys();
  if (files.size >= KNOWN_MAX && oldest !== undefined) files.delete(oldest);
  files.set(key, stretches);
}

/** A file that says nothing may hold anything. */
function mayHoldFailed(group: RowGroup): boolean {
  const least = boundsOf(group, 'user_key')?.min_value;
  return least === undefined || least === '' || (least instanceof Uint8Array && least.length === 0);
}

function arrivalOf(group: RowGroup): Pick<Stretch, 'oldest' | 'newest'> {
  const bounds = boundsOf(group, 'received_at');
  const time = (value: unknown): number => (value instanceof Date ? value.getTime() : Number(value ?? Number.NaN));
  const [oldest, newest] = [time(bounds?.min_value), time(bounds?.max_value)];
  return {
    oldest: Number.isNaN(oldest) ? Number.NEGATIVE_INFINITY : oldest,
    newest: Number.isNaN(newest) ? Number.POSITIVE_INFINITY : newest,
  };
}

function boundsOf(group: RowGroup, column: string) {
  return group.columns.find(({ meta_data }) => meta_data?.path_in_schema.join('.') === column)?.meta_data?.statistics;
}
