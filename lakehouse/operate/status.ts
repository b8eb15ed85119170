/**
 * How the lake fares, in numbers: what `inlet lake status` prints and what `/metrics` has is computed here and nowhere
 * else. Pure.
 */
import type { StoredObject } from '../../platform/ports.ts';
import type { Metadata } from '../catalog/metadata.ts';
import { unnamed } from '../catalog/named.ts';
import { TABLE_FILES } from '../catalog/objects.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import type { TableFile } from '../catalog/table-file.ts';
import { partitionOf, SMALL_BYTES } from '../compact/plan.ts';

/** Segments that the table has not taken in. */
export interface PendingStatus {
  readonly pending_segments: number;
  readonly pending_bytes: number;
  /** When the oldest of them was written, epoch milliseconds; null without any. */
  readonly oldest_pending: number | null;
}

/** Times are epoch milliseconds. */
export interface LakeStatus extends PendingStatus {
  /** Number of the newest snapshot; 0 before the first commit. */
  readonly snapshot: number;
  readonly committed_at: number | null;
  /** Every event that arrived before is in the table. */
  readonly as_of: number | null;
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
  /** Of one file. */
  readonly file_bytes_median: number;
  readonly file_bytes_max: number;
  /** Days and types that have files. */
  readonly partitions: number;
  readonly partition_files_max: number;
  /** The debt of small files: those that compaction would still merge with another one of their partition. */
  readonly small_files: number;
  readonly small_bytes: number;
  /** That are stored: readers of any of them find what they need. */
  readonly snapshots: number;
  readonly manifests: number;
  /** Everything of the table that is not data. */
  readonly metadata_objects: number;
  readonly metadata_bytes: number;
  /** Segments in the table whose objects wait to be deleted. */
  readonly consumed_segments: number;
  readonly consumed_bytes: number;
  /** Data files that only older snapshots name: they go when those expire. */
  readonly replaced_files: number;
  readonly replaced_bytes: number;
  /** Objects that no snapshot names, of killed writers or of one that is at it: they go after the grace time. */
  readonly orphan_files: number;
  readonly orphan_bytes: number;
  /** Partitions with the most files, most first. */
  readonly fullest: readonly { readonly date: string; readonly type: string; readonly files: number }[];
}

export interface LakeView {
  readonly metadata: Metadata | null;
  readonly snapshot: Snapshot;
  /** Of the snapshot. */
  readonly files: readonly TableFile[];
  /** How many manifests the snapshot has. */
  readonly manifests: number;
  /** Keys of what the stored snapshots need. */
  readonly named: ReadonlySet<string>;
  /** Segments that the snapshot has not consumed, and those that it has. */
  readonly pending: readonly StoredObject[];
  readonly consumed: readonly StoredObject[];
  /** Every object of the table. */
  readonly stored: readonly StoredObject[];
}

const FULLEST = 5;

export function lakeStatus(view: LakeView): LakeStatus {
  const { metadata, snapshot, files, stored, named, consumed } = view;
  const sizes = files.map(({ bytes }) => bytes).sort((left, right) => left - right);
  const partitions = [...Map.groupBy(files, partitionOf).values()];
  const small = partitions
    .map((partition) => partition.filter(({ bytes }) => bytes < SMALL_BYTES))
    .filter((group) => group.length > 1)
    .flat();
  const live = new Set(files.map(({ key }) => key));
  const [data, other] = [stored.filter(isData), stored.filter((object) => !isData(object))];
  const replaced = data.filter(({ key }) => named.has(key) && !live.has(key));
  const orphans = unnamed(stored, named);
  return {
    snapshot: snapshot.version,
    committed_at: metadata === null ? null : snapshot.committed_at,
    as_of: snapshot.as_of,
    files: files.length,
    rows: sum(files.map(({ rows }) => rows)),
    bytes: sum(sizes),
    file_bytes_median: sizes[Math.floor(sizes.length / 2)] ?? 0,
    file_bytes_max: sizes.at(-1) ?? 0,
    partitions: partitions.length,
    partition_files_max: Math.max(0, ...partitions.map(({ length }) => length)),
    small_files: small.length,
    small_bytes: sum(small.map(({ bytes }) => bytes)),
    snapshots: metadata?.snapshots.length ?? 0,
    manifests: view.manifests,
    metadata_objects: other.length,
    metadata_bytes: bytesOf(other),
    ...pendingStatus(view.pending),
    consumed_segments: consumed.length,
    consumed_bytes: bytesOf(consumed),
    replaced_files: replaced.length,
    replaced_bytes: bytesOf(replaced),
    orphan_files: orphans.length,
    orphan_bytes: bytesOf(orphans),
    fullest: fullest(partitions),
  };
}

/** @param segments that wait */
export function pendingStatus(segments: readonly StoredObject[]): PendingStatus {
  const times = segments.map(({ uploaded }) => uploaded.getTime());
  return {
    pending_segments: segments.length,
    pending_bytes: bytesOf(segments),
    oldest_pending: times.length === 0 ? null : times.reduce((oldest, time) => Math.min(oldest, time)),
  };
}

/** As metrics, names to values. Times are in Unix seconds there, 0 for none. */
export function lakeGauges(status: Partial<LakeStatus>): Record<string, number> {
  const { snapshot: _, fullest: __, committed_at, as_of, oldest_pending, ...counts } = status;
  const times = { committed: committed_at, as_of, oldest_pending };
  const gauges = [
    ...Object.entries(counts),
    ...Object.entries(times)
      .filter(([, time]) => time !== undefined)
      .map(([name, time]) => [`${name}_seconds`, (time ?? 0) / 1_000] as const),
  ];
  return Object.fromEntries(gauges.map(([name, value]) => [`inlet_lake_${name}`, value]));
}

function fullest(partitions: readonly (readonly TableFile[])[]): LakeStatus['fullest'] {
  return partitions
    .toSorted((left, right) => right.length - left.length)
    .slice(0, FULLEST)
    .flatMap((files) => files.slice(0, 1).map(({ date, type }) => ({ date, type, files: files.length })));
}

function isData({ key }: StoredObject): boolean {
  return key.startsWith(TABLE_FILES);
}

function bytesOf(objects: readonly StoredObject[]): number {
  return sum(objects.map(({ size }) => size));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
