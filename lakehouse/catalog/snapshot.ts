/**
 * A snapshot: one consistent version of the table, and which segments it has taken in. A change leads from one to the
 * next. Everything here is pure.
 */

import { currentSnapshot, type Metadata } from './metadata.ts';
import { keyOf, uriOf } from './objects.ts';
import { receivedMax, type TableFile } from './table-file.ts';

export interface Snapshot {
  /** Counts up from 1 without gaps; 0 is the table before its first commit. */
  readonly version: number;
  /** Epoch milliseconds. */
  readonly committed_at: number;
  /**
   * Every event that arrived before this time and was in the log at the commit is in the table; epoch milliseconds.
   * What still waits in a queue is for the reader to take off.
   */
  readonly as_of: number | null;
  /** Newest arrival that the table has taken in, epoch milliseconds. */
  readonly received_max: number | null;
  /** Files, rows and bytes of the whole table. */
  readonly totals: Totals;
  /** Version of the newest snapshot, up to this one, that took in rows of segments. */
  readonly taken_in: number;
  /** Key of the manifest list that names the files; null before the first commit. */
  readonly manifest_list: string | null;
  /** Keys of segments whose rows are in the table and whose objects are not deleted yet. */
  readonly consumed: readonly string[];
  /** Key of the object that names the parts of the identity index; null where there is none for these rows. */
  readonly identities: string | null;
}

export interface Totals {
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
}

export const EMPTY_SNAPSHOT: Snapshot = {
  version: 0,
  committed_at: 0,
  as_of: null,
  received_max: null,
  totals: { files: 0, rows: 0, bytes: 0 },
  taken_in: 0,
  manifest_list: null,
  consumed: [],
  identities: null,
};

export interface Change {
  readonly committed_at: number;
  readonly as_of: number | null;
  readonly add: readonly TableFile[];
  /** Files that `add` stands in for. */
  readonly remove: readonly TableFile[];
  /** Keys of segments whose rows are in `add`. */
  readonly consume: readonly string[];
  /** Keys of consumed segments that are deleted by now. */
  readonly forget: readonly string[];
  /** Key of the identity index with the rows of the segments; left out, it is made again from the table when needed. */
  readonly identities?: string | undefined;
}

/** A change that does not fit the snapshot it is applied to: somebody else changed the table first. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
}

/**
 * Whether a change that was planned on one snapshot may be put onto a newer one. Files to remove are looked for in the
 * manifests; this is the rest.
 *
 * @throws ConflictError when its segments are taken, or when rows came in since, of which its own may be copies
 */
export function checkFit(planned: Snapshot, current: Snapshot, change: Change): void {
  if (change.consume.length === 0) return;
  if (current.taken_in !== planned.taken_in || current.identities !== planned.identities) {
    throw new ConflictError(`Snapshot ${current.taken_in} took in rows that snapshot ${planned.version} did not have`);
  }
  const consumed = new Set(current.consumed);
  const taken = change.consume.find((key) => consumed.has(key));
  if (taken !== undefined) throw new ConflictError(`${taken} is already consumed in snapshot ${current.version}`);
}

export function nextConsumed({ consumed }: Snapshot, { consume, forget }: Change): string[] {
  const gone = new Set(forget);
  return [...consumed.filter((key) => !gone.has(key)), ...consume];
}

/** A change that takes in no segments adds no rows: the index stays right. */
export function nextIdentities({ identities }: Snapshot, change: Change): string | null {
  return change.identities ?? (change.consume.length === 0 ? identities : null);
}

export function totalsOf(files: readonly TableFile[]): Totals {
  return {
    files: files.length,
    rows: files.reduce((total, { rows }) => total + rows, 0),
    bytes: files.reduce((total, { bytes }) => total + bytes, 0),
  };
}

const AS_OF = 'inlet.as-of';
const RECEIVED_MAX = 'inlet.received-max';
const CONSUMED = 'inlet.consumed';
const IDENTITIES = 'inlet.identities';
const TAKEN_IN = 'inlet.taken-in';
const VERSION = 'inlet.metadata-version';

/** What Iceberg and Inlet say of a snapshot. @param place of its metadata: location, version, key of its segments */
export function summaryOf(
  base: Snapshot,
  change: Change,
  place: { readonly location: string; readonly metadata_version: number; readonly consumed: string },
): Record<string, string> {
  const [added, removed] = [totalsOf(change.add), totalsOf(change.remove)];
  const identities = nextIdentities(base, change);
  const partitions = new Set([...change.add, ...change.remove].map(({ date, type }) => `${date}/${type}`));
  const total = (name: keyof Totals): string => String(base.totals[name] + added[name] - removed[name]);
  const counts = {
    'added-data-files': added.files,
    'added-records': added.rows,
    'added-files-size': added.bytes,
    'deleted-data-files': removed.files,
    'deleted-records': removed.rows,
    'removed-files-size': removed.bytes,
    'changed-partition-count': partitions.size,
  };
  return {
    operation: operationOf(change),
    ...Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, String(count)])),
    'total-data-files': total('files'),
    'total-records': total('rows'),
    'total-files-size': total('bytes'),
    'total-delete-files': '0',
    'total-position-deletes': '0',
    'total-equality-deletes': '0',
    [AS_OF]: timeText(change.as_of),
    [RECEIVED_MAX]: timeText(newestArrival(base, change)),
    [CONSUMED]: uriOf(place.location, place.consumed),
    ...(identities === null ? {} : { [IDENTITIES]: uriOf(place.location, identities) }),
    [TAKEN_IN]: String(change.consume.length === 0 ? base.taken_in : base.version + 1),
    [VERSION]: String(place.metadata_version),
  };
}

function newestArrival({ received_max }: Snapshot, { add }: Change): number | null {
  return add.map(receivedMax).reduce((newest, time) => Math.max(newest ?? time, time), received_max);
}

function timeText(time: number | null): string {
  return time === null ? '' : String(time);
}

function operationOf({ add, remove, consume }: Change): string {
  if (remove.length === 0) return 'append';
  if (add.length === 0) return 'delete';
  return consume.length === 0 ? 'replace' : 'overwrite';
}

/** Of the last snapshot of the metadata, or another one it names. @param consumed what its object of segments holds */
export function snapshotOf(
  metadata: Metadata,
  consumed: readonly string[],
  record = currentSnapshot(metadata),
): Snapshot {
  const { summary } = record;
  const number = (name: string): number => {
    const value = Number(summary[name] ?? Number.NaN);
    if (Number.isSafeInteger(value)) return value;
    throw new Error(`Snapshot ${record.sequence} has no number "${name}"`);
  };
  return {
    version: record.sequence,
    committed_at: record.committed_at,
    as_of: summary[AS_OF] === '' ? null : number(AS_OF),
    received_max: summary[RECEIVED_MAX] === '' ? null : number(RECEIVED_MAX),
    totals: { files: number('total-data-files'), rows: number('total-records'), bytes: number('total-files-size') },
    taken_in: number(TAKEN_IN),
    manifest_list: record.manifest_list,
    consumed,
    identities: summary[IDENTITIES] === undefined ? null : keyOf(summary[IDENTITIES]),
  };
}

/** The URI of the object that names the segments a snapshot has consumed. */
export function consumedUri({
  sequence,
  summary,
}: {
  sequence: number;
  summary: Readonly<Record<string, string>>;
}): string {
  const uri = summary[CONSUMED];
  if (uri === undefined) throw new Error(`Snapshot ${sequence} does not say which segments it has consumed`);
  return uri;
}

/** The version of the metadata that committed a snapshot. */
export function metadataVersionOf({ summary }: { summary: Readonly<Record<string, string>> }): number {
  return Number(summary[VERSION]);
}
