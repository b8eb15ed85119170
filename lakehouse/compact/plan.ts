/** What to compact next. Pure: the same log gives the same plan. */
import type { StoredObject } from '../../platform/ports.ts';
import type { TableFile } from '../catalog/table-file.ts';

const UNIT_SEGMENTS_MAX = 2_000;

/** Files below this are merged, bytes. */
export const SMALL_BYTES = 33_554_432;
/** So many files of about one size in one partition become one. */
const MERGE_FILES = 8;
/** Most bytes of table files that one unit writes again. */
const MERGE_BYTES_MAX = 134_217_728;
/** Files up to this are of one size, bytes; each further tier is `MERGE_FILES` times as large. */
const TIER_BYTES = 262_144;

/**
 * A unit of work: the segments that arrived first, as many as fit.
 *
 * @param segments not consumed yet, oldest arrival first
 * @param bytesMax of segments; a larger one is a unit by itself
 */
export function planUnit(segments: readonly StoredObject[], bytesMax: number): StoredObject[] {
  const unit: StoredObject[] = [];
  let bytes = 0;
  for (const segment of segments.slice(0, UNIT_SEGMENTS_MAX)) {
    bytes += segment.size;
    if (bytes > bytesMax && unit.length > 0) break;
    unit.push(segment);
  }
  return unit;
}

/** Day and type: the rows of one file. */
export function partitionOf({ date, type }: Pick<TableFile, 'date' | 'type'>): string {
  return `${date}/${type}`;
}

/**
 * Small files that are worth merging with the new rows of their partition. Sizes are tiered, so that a row is written
 * again about once a tier and a partition keeps fewer than `MERGE_FILES` files of each.
 *
 * @param files of the partitions that get new rows
 */
export function planMerges(files: readonly TableFile[]): TableFile[] {
  const small = files.filter((file) => file.bytes < SMALL_BYTES);
  const merges: TableFile[] = [];
  let bytes = 0;
  for (const group of Map.groupBy(small, partitionOf).values()) {
    const merge = mergesOf(group);
    const size = merge.reduce((total, file) => total + file.bytes, 0);
    // The rest waits for the next unit.
    if (bytes + size > MERGE_BYTES_MAX) continue;
    bytes += size;
    merges.push(...merge);
  }
  return merges;
}

/** The largest full tier takes the smaller ones with it. The new file counts as one of the smallest tier. */
function mergesOf(files: readonly TableFile[]): TableFile[] {
  const tiers = Map.groupBy(files, tierOf);
  const full = [...tiers].filter(([tier, group]) => group.length + (tier === 0 ? 1 : 0) >= MERGE_FILES);
  const largest = Math.max(-1, ...full.map(([tier]) => tier));
  return files.filter((file) => tierOf(file) <= largest);
}

function tierOf({ bytes }: TableFile): number {
  return Math.max(0, Math.ceil(Math.log(bytes / TIER_BYTES) / Math.log(MERGE_FILES)));
}
