/**
 * The table in the lake: metadata files are immutable and numbered without gaps, and the one with the highest number is
 * the table. Who creates version N+1 has committed it; a conditional put lets exactly one writer do so.
 */
import type { ObjectStore } from '../../platform/ports.ts';
import { encodeMetadata, type Metadata, parseMetadata, type SnapshotRecord } from './metadata.ts';
import { HINT, keyOf, listAll, METADATA_FILES, metadataKey, metadataVersion } from './objects.ts';
import { consumedUri, EMPTY_SNAPSHOT, type Snapshot, snapshotOf } from './snapshot.ts';

const ROUNDS_MAX = 5;
const OLDER_SNAPSHOTS = 'table/snapshots/';

/** The newest metadata, and its snapshot; nothing but the empty snapshot before the first commit. */
export interface Table {
  readonly metadata: Metadata | null;
  readonly snapshot: Snapshot;
}

/** @throws Error when versions expire faster than they can be read */
export async function loadTable(lake: ObjectStore): Promise<Table> {
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    // A list, not the hint: a hint may lead to a version that a writer who slept put where others had expired.
    const version = (await storedVersions(lake)).at(-1);
    if (version === undefined) {
      await refuseOlderTable(lake);
      return { metadata: null, snapshot: EMPTY_SNAPSHOT };
    }
    const metadata = await readMetadata(lake, version);
    if (metadata === null) continue;
    const consumed = await readConsumed(lake, metadata.snapshots.at(-1));
    if (consumed !== null) return { metadata, snapshot: snapshotOf(metadata, consumed) };
  }
  throw new Error('The versions of the table expire faster than they can be read: raise INLET_GRACE_MINUTES');
}

/** Taken for an empty table, its files would be cleared as leftovers. */
async function refuseOlderTable(lake: ObjectStore): Promise<void> {
  const { objects } = await lake.list({ prefix: OLDER_SNAPSHOTS, limit: 1 });
  if (objects.length === 0) return;
  throw new Error(
    `The table was made by an Inlet from before Iceberg (${OLDER_SNAPSHOTS}): keep that one for this lake, or start a new lake`,
  );
}

/** The newest snapshot; `EMPTY_SNAPSHOT` before the first commit. */
export async function loadSnapshot(lake: ObjectStore): Promise<Snapshot> {
  return (await loadTable(lake)).snapshot;
}

/** @returns null where there is none of that version, or none any more */
export async function readSnapshot(lake: ObjectStore, version: number): Promise<Snapshot | null> {
  const { metadata } = await loadTable(lake);
  const record = metadata?.snapshots.find(({ sequence }) => sequence === version);
  const consumed = await readConsumed(lake, record);
  return metadata === null || consumed === null ? null : snapshotOf(metadata, consumed, record);
}

/** Keys of the segments that a snapshot has consumed. @returns null when the object is gone */
export async function readConsumed(lake: ObjectStore, record: SnapshotRecord | undefined): Promise<string[] | null> {
  if (record === undefined) return null;
  const object = await lake.get(keyOf(consumedUri(record)));
  if (object === null) return null;
  const value: unknown = JSON.parse(await object.text());
  if (!Array.isArray(value)) throw new Error(`${object.key} is not a list of segments`);
  return value.map((key: unknown) => {
    if (typeof key === 'string') return key;
    throw new Error(`${object.key} names a segment that is not a text`);
  });
}

/** Versions whose metadata is stored, ascending. */
export async function storedVersions(lake: ObjectStore): Promise<number[]> {
  return (await listAll(lake, METADATA_FILES))
    .map(({ key }) => metadataVersion(key))
    .filter((version) => version !== null)
    .sort((left, right) => left - right);
}

async function readMetadata(lake: ObjectStore, version: number): Promise<Metadata | null> {
  const object = await lake.get(metadataKey(version));
  return object === null ? null : parseMetadata(await object.text(), version);
}

/**
 * Makes this the table.
 *
 * @param next the successor of the newest metadata
 * @returns `conflict` when another writer was first; then no reader sees this one
 */
export async function putMetadata(lake: ObjectStore, next: Metadata): Promise<'ok' | 'conflict'> {
  const key = metadataKey(next.version);
  const text = encodeMetadata(next);
  if ((await lake.put(key, text, { onlyIf: { etagDoesNotMatch: '*' } })) === null) {
    // A put whose answer got lost and that was sent again meets its own object.
    const stored = await lake.get(key);
    if (stored === null || (await stored.text()) !== text) return 'conflict';
  }
  if (await isOutdated(lake, next.version - 1)) return 'conflict';
  await putHint(lake, next.version);
  return 'ok';
}

/** Other engines start from it. Only a hint: a commit stands without it. */
export async function putHint(lake: ObjectStore, version: number): Promise<void> {
  await lake.put(HINT, String(version)).catch(() => null);
}

/**
 * Versions expire oldest first, so while the base is stored its successor cannot have come and gone: a writer that
 * slept that long has only filled a hole, which no reader looks into and the next expiry clears.
 */
async function isOutdated(lake: ObjectStore, base: number): Promise<boolean> {
  if (base > 0) return (await lake.head(metadataKey(base))) === null;
  return (await storedVersions(lake)).some((version) => version > 1);
}
