/** What a build of the timeline does next. Pure: the same table and timeline give the same plan. */
import { BUCKETS } from '../../schemas/buckets.ts';
import { isEventType } from '../../schemas/event.ts';
import type { TimelineRun } from '../../schemas/timeline.ts';
import type { TableFile } from '../catalog/table-file.ts';

/** Rows that one run takes in, about; a single file of the table may be larger. */
const SLICE_ROWS = 1_000_000;
/** Rows in a file, about: they are sorted in memory. A bucket is never divided. */
export const FILE_ROWS = 262_144;
/** Bytes in a file, about: it is written and read whole by the central job. So many rows take 10 MB, as a rule. */
export const FILE_BYTES = 67_108_864;
/**
 * A run stays as it is while it is larger than this many times all younger ones together, which count for no less than a
 * share of all rows: so there are five runs at most, however many rows.
 */
const RUN_RATIO = 4;
const YOUNGER_SHARE = 256;
const YOUNGER_ROWS_MIN = 65_536;
/** A build waits until it brings one row for so many that are there, but not longer than an hour. */
const DUE_SHARE = 64;
const DUE_MS = 3_600_000;

export type SourceFile = Pick<TableFile, 'key' | 'rows'>;

/** Files of the table whose rows come in, and those that they stand in for, which may hold some of the same rows. */
export interface Slice {
  readonly add: readonly SourceFile[];
  readonly remove: readonly string[];
}

/** @param taken_in keys of the table files whose rows the timeline holds. @param table the files of the table now */
export function planSlices(taken_in: readonly string[], table: readonly SourceFile[]): Slice[] {
  const before = new Set(taken_in);
  const now = new Set(table.map(({ key }) => key));
  const partitions = new Map<string, { add: SourceFile[]; remove: string[] }>();
  // A row never leaves its day and type: what a file stands in for lies in the same folder.
  const partition = (key: string) => {
    const name = key.slice(0, key.lastIndexOf('/'));
    const known = partitions.get(name) ?? { add: [], remove: [] };
    partitions.set(name, known);
    return known;
  };
  for (const file of table) if (!before.has(file.key) && isShown(file.key)) partition(file.key).add.push(file);
  for (const key of taken_in) if (!now.has(key)) partition(key).remove.push(key);

  const slices: { add: SourceFile[]; remove: string[] }[] = [];
  let room = 0;
  for (const [, { add, remove }] of [...partitions].sort(([left], [right]) => (left < right ? -1 : 1))) {
    const rows = add.reduce((sum, file) => sum + file.rows, 0);
    const last = slices.at(-1);
    if (last === undefined || rows > room) {
      slices.push({ add, remove });
      room = SLICE_ROWS - rows;
      continue;
    }
    last.add.push(...add);
    last.remove.push(...remove);
    room -= rows;
  }
  return slices;
}

/** Nobody's timeline shows what is no call, such as rejected events. */
function isShown(key: string): boolean {
  return isEventType(/\/type=([^/]+)\//.exec(key)?.[1]);
}

/** @param waited since the last version, milliseconds */
export function isDue(slices: readonly Slice[], runs: readonly TimelineRun[], waited: number): boolean {
  const rows = slices.flatMap(({ add }) => add).reduce((sum, file) => sum + file.rows, 0);
  const held = runs.reduce((sum, run) => sum + run.rows, 0);
  return slices.length > 0 && (waited >= DUE_MS || rows * DUE_SHARE >= held);
}

/** @returns how many of the youngest runs are to become one; 0 for none */
export function planMerge(runs: readonly TimelineRun[]): number {
  const all = runs.reduce((sum, { rows }) => sum + rows, 0);
  const least = Math.max(YOUNGER_ROWS_MIN, all / YOUNGER_SHARE);
  let merged = 0;
  let younger = 0;
  for (const [place, { rows }] of runs.entries()) {
    if (place > 0 && rows <= Math.max(younger, least) * RUN_RATIO) merged = place + 1;
    younger += rows;
  }
  return merged;
}

export interface BucketRange {
  readonly first: number;
  readonly last: number;
}

interface Size {
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Ranges of buckets that make up a file each.
 *
 * @param held rows, and their bytes in files, by ranges of buckets; within one they are taken to be spread evenly
 */
export function planRanges(held: readonly (BucketRange & Size)[]): BucketRange[] {
  // Of a file, by whichever there is more of.
  const shares = new Float64Array(BUCKETS);
  for (const { first, last, rows, bytes } of held) {
    const share = Math.max(rows / FILE_ROWS, bytes / FILE_BYTES) / (last - first + 1);
    for (let bucket = first; bucket <= last; bucket += 1) shares[bucket] = (shares[bucket] ?? 0) + share;
  }
  const ranges: BucketRange[] = [];
  let first = 0;
  let sum = 0;
  for (const [bucket, share] of shares.entries()) {
    if (sum > 0 && sum + share > 1) {
      ranges.push({ first, last: bucket - 1 });
      first = bucket;
      sum = 0;
    }
    sum += share;
  }
  if (sum > 0) ranges.push({ first, last: BUCKETS - 1 });
  return ranges;
}
