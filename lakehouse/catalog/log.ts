/**
 * The log: every event is in the table or in a segment that the table has not taken in, never in both, never in neither.
 *
 * That holds for a reader with any snapshot, however old, because of the order in which things happen:
 *
 * 1. A reader loads the metadata of the table first, lists segments second, and subtracts what its snapshot has consumed.
 *    A segment that a later snapshot consumes is pending for this reader.
 * 2. A commit adds the files that hold the rows of a segment and the key of the segment with one put of metadata.
 * 3. Expiry deletes the metadata of a snapshot before it deletes any segment or file which that snapshot needs. So a
 *    reader that finds its metadata still stored after listing knows that no pending segment was missing from the list.
 * 4. A key leaves the consumed ones only after its object is gone: in a commit whose listing did not find it.
 *
 * The same packs delivered again may make a deleted segment again after 4. It is then pending like any other, and its
 * rows are copies of rows in the table, which every reader removes by identity.
 */
import type { ObjectStore, StoredObject } from '../../platform/ports.ts';
import type { Metadata } from './metadata.ts';
import { listAll, metadataKey, SEGMENTS } from './objects.ts';
import type { Snapshot } from './snapshot.ts';
import { loadTable, storedVersions, type Table } from './store.ts';

export interface Log {
  /** Null before the first commit. */
  readonly metadata: Metadata | null;
  readonly snapshot: Snapshot;
  /** Segments that the snapshot has not consumed, oldest arrival first. */
  readonly segments: readonly StoredObject[];
  /** Segments that the snapshot has consumed and whose objects are still there. */
  readonly consumed: readonly StoredObject[];
  /** Keys of consumed segments whose objects are gone. */
  readonly gone: readonly string[];
}

const ROUNDS_MAX = 5;

/** @throws Error when snapshots expire faster than segments can be listed */
export async function openLog(lake: ObjectStore): Promise<Log> {
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const table = await loadTable(lake);
    const listed = await listAll(lake, SEGMENTS);
    if (!(await isStored(lake, table))) continue;
    const { metadata, snapshot } = table;
    const consumed = new Set(snapshot.consumed);
    const keys = new Set(listed.map(({ key }) => key));
    return {
      metadata,
      snapshot,
      segments: listed.filter(({ key }) => !consumed.has(key)),
      consumed: listed.filter(({ key }) => consumed.has(key)),
      gone: snapshot.consumed.filter((key) => !keys.has(key)),
    };
  }
  throw new Error(
    'The snapshots of the table expire faster than its segments can be listed: raise INLET_GRACE_MINUTES',
  );
}

/** The empty snapshot has no object: it holds as long as there is no other. */
async function isStored(lake: ObjectStore, { metadata }: Table): Promise<boolean> {
  if (metadata !== null) return (await lake.head(metadataKey(metadata.version))) !== null;
  return (await storedVersions(lake)).length === 0;
}
