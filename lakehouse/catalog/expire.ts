/** Deletes what no reader can need any more. The order is the safety: see the invariant in `log.ts`. */
import type { Clock, ObjectStore, StoredObject } from '../../platform/ports.ts';
import { listAll, SEGMENTS, snapshotKey, TABLE_FILES } from './objects.ts';
import { EMPTY_SNAPSHOT, type Snapshot } from './snapshot.ts';
import { readSnapshot, storedVersions } from './store.ts';

const SNAPSHOTS_KEPT = 10;
const DELETE_KEYS_MAX = 1_000;

/**
 * From the first upload to the commit, milliseconds: a file that no snapshot names is taken for a leftover of a killed
 * writer only when it is older than this and the grace period. Writers must give up before.
 */
export const UPLOAD_MS_MAX = 60 * 60_000;

export interface Expiry {
  /** Versions of snapshots, ascending. */
  readonly versions: readonly number[];
  readonly segments: readonly string[];
  readonly files: readonly string[];
}

export interface Holdings {
  /** Every stored snapshot, ascending. */
  readonly snapshots: readonly Snapshot[];
  readonly segments: readonly StoredObject[];
  readonly files: readonly StoredObject[];
}

/** @param graceMs how long a snapshot lives on once there is a newer one, milliseconds */
export function planExpiry({ snapshots, segments, files }: Holdings, now: number, graceMs: number): Expiry {
  const [first] = snapshots;
  // Readers may still hold the table as it was before its first commit.
  const all = first?.version === 1 ? [EMPTY_SNAPSHOT, ...snapshots] : snapshots;
  const kept = all.filter((_, position) => {
    const successor = all[position + 1];
    const isRecent = position >= all.length - SNAPSHOTS_KEPT;
    return successor === undefined || isRecent || successor.committed_at > now - graceMs;
  });
  const isKept = new Set(kept.map(({ version }) => version));
  const named = new Set(kept.flatMap((snapshot) => snapshot.files.map(({ key }) => key)));
  const consumed = kept.map((snapshot) => new Set(snapshot.consumed));
  return {
    versions: snapshots.map(({ version }) => version).filter((version) => !isKept.has(version)),
    segments: segments
      .map(({ key }) => key)
      .filter((key) => consumed.length > 0 && consumed.every((keys) => keys.has(key))),
    files: files
      .filter(({ key, uploaded }) => !named.has(key) && uploaded.getTime() < now - graceMs - UPLOAD_MS_MAX)
      .map(({ key }) => key),
  };
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
  const segments = await listAll(lake, SEGMENTS);
  const files = await listAll(lake, TABLE_FILES);
  const snapshots: Snapshot[] = [];
  for (const version of await storedVersions(lake)) {
    const snapshot = await readSnapshot(lake, version);
    if (snapshot !== null) snapshots.push(snapshot);
  }
  const plan = planExpiry(
    { snapshots, segments: segments.filter(({ key }) => !keep?.has(key)), files },
    clock.now(),
    config.grace_minutes * 60_000,
  );
  // One by one and oldest first: stored versions must stay without gaps.
  for (const version of plan.versions) await lake.delete(snapshotKey(version));
  await deleteAll(lake, plan.segments);
  await deleteAll(lake, plan.files);
  return plan;
}

async function deleteAll(lake: ObjectStore, keys: readonly string[]): Promise<void> {
  for (let start = 0; start < keys.length; start += DELETE_KEYS_MAX) {
    await lake.delete(keys.slice(start, start + DELETE_KEYS_MAX));
  }
}
