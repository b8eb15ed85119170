/** Makes a table look as a version of Inlet left it that did not know the newest column. */
import { readEntriesEach, readManifests } from '../../lakehouse/catalog/files.ts';
import { icebergSchema } from '../../lakehouse/catalog/iceberg/types.ts';
import { encodeManifest } from '../../lakehouse/catalog/manifest.ts';
import { encodeManifestList, type Manifest } from '../../lakehouse/catalog/manifest-list.ts';
import { currentSnapshot, encodeMetadata } from '../../lakehouse/catalog/metadata.ts';
import { metadataKey } from '../../lakehouse/catalog/objects.ts';
import { loadTable } from '../../lakehouse/catalog/store.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import { COLUMNS } from '../../schemas/columns.ts';

/** The table must have had its first commit, and no other. */
export async function forgetNewestColumn(lake: ObjectStore): Promise<void> {
  const { metadata, snapshot } = await loadTable(lake);
  if (metadata === null) throw new Error('There is no table');
  const schema = { ...icebergSchema(0, COLUMNS.slice(0, -1)) };
  const { location } = metadata;
  const manifests: Manifest[] = [];
  for (const manifest of await readManifests(lake, snapshot)) {
    const entries = (await readEntriesEach(lake, [manifest])).flat();
    const content = encodeManifest(entries, { location, schema });
    await lake.put(manifest.key, content);
    manifests.push({ ...manifest, bytes: content.byteLength });
  }
  const { id, parent_id, sequence, manifest_list } = currentSnapshot(metadata);
  await lake.put(manifest_list, encodeManifestList(manifests, { location, snapshot_id: id, parent_id, sequence }));
  await lake.put(metadataKey(metadata.version), encodeMetadata({ ...metadata, schemas: [schema] }));
}
