/** Deletes what no reader can need any more. The order is the safety: see the invariant in `log.ts`. */
import type { Clock, ObjectStore, StoredObject } from '../../platform/ports.ts';
import { type Metadata, type SnapshotRecord, successorOf } from './metadata.ts';
import { namedNow, unnamed } from './named.ts';
import { IDENTITY_PARTS, listAll, METADATA, metadataKey, SEGMENTS, TABLE_FILES } from './objects.ts';
import { metadataVersionOf } from './snapshot.ts';
import { loadTable, putHint, putMetadata, readConsumed, storedVersions } from './store.ts';

const SNAPSHOTS_KEPT = 10;
const DELETE_KEYS_MAX = 1_000;
const ATTEMPTS_MAX = 10;

/**
 * From the first upload to the commit, milliseconds: a file that no snapshot names is taken for a leftover of a killed
 * writer only when it is older than this and the grace period. Writers must give up before.
 */
export const UPLOAD_MS_MAX = 60 * 60_000;

export interface Expiry {
  /** Versions of snapshots, ascending. */
  readonly versions: readonly number[];
  readonly segments: readonly string[];
  /** Files of the table, data and metadata. */
  readonly files: readonly string[];
}

/** The newest snapshots, and those that were the newest within the grace period. @param graceMs milliseconds */
export function keptSnapshots(
  snapshots: readonly SnapshotRecord[],
  now: number,
  graceMs: number,
): readonly SnapshotRecord[] {
  return snapshots.filter((_, position) => {
    const successor = snapshots[position + 1];
    const isRecent = position >= snapshots.length - SNAPSHOTS_KEPT;
    return successor === undefined || isRecent || successor.committed_at > now - graceMs;
  });
}

/** @param consumed by each snapshot that is kept */
export function deletableSegments(
  segments: readonly StoredObject[],
  consumed: readonly ReadonlySet<string>[],
): string[] {
  return segments.map(({ key }) => key).filter((key) => consumed.length > 0 && consumed.every((keys) => keys.has(key)));
}

/** @param files of the table. @param named keys of what the kept snapshots need */
export function deletableFiles(
  files: readonly StoredObject[],
  named: ReadonlySet<string>,
  now: number,
  graceMs: number,
): string[] {
  return unnamed(files, named)
    .filter(({ uploaded }) => uploaded.getTime() < now - graceMs - UPLOAD_MS_MAX)
    .map(({ key }) => key);
}

export interface ExpireOptions {
  readonly lake: ObjectStore;
  readonly clock: Clock;
  readonly config: { readonly grace_minutes: number };
  /** Consumed segments that somebody else still needs. */
  readonly keep?: ReadonlySet<string>;
}

/** Killed anywhere, the next run goes on where this one stopped. @returns what was deleted */
export async function expire({ lake, clock, config, keep }: ExpireOptions): Promise<Expiry> {
  const graceMs = config.grace_minutes * 60_000;
  const segments = (await listAll(lake, SEGMENTS)).filter(({ key }) => !keep?.has(key));
  const before = (await loadTable(lake)).metadata;
  const metadata = await amend(lake, clock, (newest) => withoutExpired(newest, clock.now(), graceMs));
  if (metadata !== null) await deleteVersions(lake, metadata);
  const expired = deletableSegments(segments, await consumedOf(lake, metadata));
  await deleteAll(lake, expired);
  const files = await sweep(lake, clock, graceMs, metadata);
  const oldest = metadata?.snapshots[0]?.sequence ?? 0;
  const versions = (before?.snapshots ?? []).map(({ sequence }) => sequence).filter((version) => version < oldest);
  return { versions, segments: expired, files };
}

/** Commits a change of the metadata alone. @param next null where nothing is to change. @returns what holds then */
async function amend(
  lake: ObjectStore,
  clock: Clock,
  next: (newest: Metadata) => Partial<Metadata> | null,
): Promise<Metadata | null> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const { metadata } = await loadTable(lake);
    if (metadata === null) return null;
    const change = next(metadata);
    if (change === null) return metadata;
    const amended = { ...successorOf(metadata, Math.max(clock.now(), metadata.updated_at)), ...change };
    if ((await putMetadata(lake, amended)) === 'ok') return amended;
  }
  throw new Error('Others keep committing while snapshots expire');
}

function withoutExpired(metadata: Metadata, now: number, graceMs: number): Partial<Metadata> | null {
  const snapshots = keptSnapshots(metadata.snapshots, now, graceMs);
  const [oldest] = snapshots;
  if (oldest === undefined || snapshots.length === metadata.snapshots.length) return null;
  const { log } = successorOf(metadata, now);
  return { snapshots, log: log.filter(({ version }) => version >= metadataVersionOf(oldest)) };
}

/** Metadata from before the oldest snapshot, and what a writer who slept put there: see `putMetadata`. */
async function deleteVersions(lake: ObjectStore, metadata: Metadata): Promise<void> {
  const [oldest] = metadata.snapshots;
  if (oldest === undefined) return;
  const outdated = (await storedVersions(lake)).filter((version) => version < metadataVersionOf(oldest));
  if (outdated.length === 0) return;
  // Other engines begin at the hint: it must not name what goes now.
  await putHint(lake, metadata.version);
  // One by one and oldest first: stored versions must stay without gaps.
  for (const version of outdated) await lake.delete(metadataKey(version));
}

/** What each snapshot that is left has consumed. */
async function consumedOf(lake: ObjectStore, metadata: Metadata | null): Promise<Set<string>[]> {
  const consumed: Set<string>[] = [];
  for (const record of metadata?.snapshots ?? []) {
    const keys = await readConsumed(lake, record);
    if (keys !== null) consumed.push(new Set(keys));
    // Another expiry was faster: what only that snapshot needed, nobody needs.
    else if (await isStored(lake, record)) {
      throw new Error(`Snapshot ${record.sequence} has lost the list of its segments`);
    }
  }
  // Readers may still hold the table as it was before its first commit.
  if (metadata?.snapshots[0]?.sequence === 1) consumed.push(new Set());
  return consumed;
}

async function isStored(lake: ObjectStore, { sequence }: SnapshotRecord): Promise<boolean> {
  const { metadata } = await loadTable(lake);
  return metadata?.snapshots.some((record) => record.sequence === sequence) ?? false;
}

/**
 * Deletes what no snapshot names and no writer can be about to commit. It takes reading every manifest, so it is done
 * once in the time that it takes a file to become deletable.
 */
async function sweep(lake: ObjectStore, clock: Clock, graceMs: number, metadata: Metadata | null): Promise<string[]> {
  const now = clock.now();
  if (metadata !== null && now - metadata.swept_at < graceMs + UPLOAD_MS_MAX) return [];
  const stored: StoredObject[] = [];
  for (const prefix of [TABLE_FILES, IDENTITY_PARTS, METADATA]) stored.push(...(await listAll(lake, prefix)));
  // Read after listing: what others commit meanwhile is named by the time it is looked for.
  const files = deletableFiles(stored, await namedNow(lake), now, graceMs);
  await deleteAll(lake, files);
  await amend(lake, clock, () => ({ swept_at: now }));
  return files;
}

async function deleteAll(lake: ObjectStore, keys: readonly string[]): Promise<void> {
  for (let start = 0; start < keys.length; start += DELETE_KEYS_MAX) {
    await lake.delete(keys.slice(start, start + DELETE_KEYS_MAX));
  }
}
