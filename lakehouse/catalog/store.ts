/**
 * Snapshots in the lake: immutable objects, numbered without gaps. Who creates version N+1 has committed it; a
 * conditional put lets exactly one writer do so.
 */
import type { ObjectStore } from '../../platform/ports.ts';
import { HINT, listAll, SNAPSHOTS, snapshotKey, snapshotVersion } from './objects.ts';
import { EMPTY_SNAPSHOT, parseSnapshot, type Snapshot } from './snapshot.ts';

/** The newest snapshot; `EMPTY_SNAPSHOT` before the first commit. */
export async function loadSnapshot(lake: ObjectStore): Promise<Snapshot> {
  let newest = (await hinted(lake)) ?? (await newestListed(lake));
  for (;;) {
    const next = await readSnapshot(lake, newest.version + 1);
    if (next === null) return newest;
    newest = next;
  }
}

/** @returns null where there is none of that version, or none any more */
export async function readSnapshot(lake: ObjectStore, version: number): Promise<Snapshot | null> {
  const object = await lake.get(snapshotKey(version));
  if (object === null) return null;
  const snapshot = parseSnapshot(await object.text());
  if (snapshot.version !== version) throw new Error(`${object.key} holds version ${snapshot.version}`);
  return snapshot;
}

/** Versions that are stored, ascending. */
export async function storedVersions(lake: ObjectStore): Promise<number[]> {
  return (await listAll(lake, SNAPSHOTS)).map(({ key }) => snapshotVersion(key));
}

/**
 * @param next made by `nextSnapshot` from the newest snapshot
 * @returns `conflict` when another writer committed that version first; then no
 * reader sees this one
 */
export async function commitSnapshot(lake: ObjectStore, next: Snapshot): Promise<'ok' | 'conflict'> {
  const key = snapshotKey(next.version);
  const text = JSON.stringify(next);
  if ((await lake.put(key, text, { onlyIf: { etagDoesNotMatch: '*' } })) === null) {
    // A put whose answer got lost and that was sent again meets its own object.
    const stored = await lake.get(key);
    if (stored === null || (await stored.text()) !== text) return 'conflict';
  }
  if (await isOutdated(lake, next.version - 1)) return 'conflict';
  // Only a hint: the commit stands without it.
  await lake.put(HINT, String(next.version)).catch(() => null);
  return 'ok';
}

/**
 * Snapshots expire oldest first, so while the base is stored its successor cannot have come and gone: a writer that
 * slept that long has only filled a hole, which no reader looks into and the next expiry clears.
 */
async function isOutdated(lake: ObjectStore, base: number): Promise<boolean> {
  if (base > 0) return (await lake.head(snapshotKey(base))) === null;
  return (await lake.list({ prefix: SNAPSHOTS, startAfter: snapshotKey(1), limit: 1 })).objects.length > 0;
}

async function hinted(lake: ObjectStore): Promise<Snapshot | null> {
  const hint = await lake.get(HINT);
  if (hint === null) return null;
  const version = Number(await hint.text());
  return Number.isSafeInteger(version) && version > 0 ? readSnapshot(lake, version) : null;
}

async function newestListed(lake: ObjectStore): Promise<Snapshot> {
  const version = (await storedVersions(lake)).at(-1);
  if (version === undefined) return EMPTY_SNAPSHOT;
  const snapshot = await readSnapshot(lake, version);
  if (snapshot === null) throw new Error(`Snapshot ${version} went while it was read`);
  return snapshot;
}
