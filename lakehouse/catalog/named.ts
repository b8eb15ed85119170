/** Which objects of the table are needed, and which are left over. */
import type { ObjectStore, StoredObject } from '../../platform/ports.ts';
import { ExpiredError, liveFilesOf, readEntriesEach, readManifests } from './files.ts';
import { readIdentities } from './identities.ts';
import type { Manifest } from './manifest-list.ts';
import { isLive } from './merge.ts';
import type { Metadata } from './metadata.ts';
import { HINT, keyOf, metadataVersion } from './objects.ts';
import { consumedUri, snapshotOf } from './snapshot.ts';
import { loadTable } from './store.ts';

const ROUNDS_MAX = 5;

/**
 * Keys of every object that the stored snapshots need, beside metadata itself. Reads every manifest, and begins again
 * when somebody else lets snapshots expire meanwhile.
 */
export async function namedNow(lake: ObjectStore): Promise<Set<string>> {
  for (let round = 1; ; round += 1) {
    const { metadata } = await loadTable(lake);
    try {
      return metadata === null ? new Set() : await namedBy(lake, metadata);
    } catch (error) {
      if (!(error instanceof ExpiredError) || round === ROUNDS_MAX) throw error;
    }
  }
}

async function namedBy(lake: ObjectStore, metadata: Metadata): Promise<Set<string>> {
  const named = new Set<string>();
  const manifests = new Map<string, Manifest>();
  for (const record of metadata.snapshots) {
    named.add(record.manifest_list).add(keyOf(consumedUri(record)));
    const snapshot = snapshotOf(metadata, [], record);
    for (const manifest of await readManifests(lake, snapshot)) manifests.set(manifest.key, manifest);
    if (snapshot.identities === null || named.has(snapshot.identities)) continue;
    named.add(snapshot.identities);
    for (const { key } of (await readIdentities(lake, snapshot))?.parts ?? []) named.add(key);
  }
  for (const key of manifests.keys()) named.add(key);
  const live = [...manifests.values()].filter(isLive);
  for (const { key } of liveFilesOf((await readEntriesEach(lake, live)).flat())) named.add(key);
  return named;
}

/** Of objects of the table those that no snapshot needs. Versions and the hint are no leftovers. */
export function unnamed(stored: readonly StoredObject[], named: ReadonlySet<string>): StoredObject[] {
  return stored.filter(({ key }) => key !== HINT && metadataVersion(key) === null && !named.has(key));
}
