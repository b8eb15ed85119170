import type { ObjectStore } from '../../platform/ports.ts';
import { readManifests, tableFiles } from '../catalog/files.ts';
import { openLog } from '../catalog/log.ts';
import { namedNow } from '../catalog/named.ts';
import { listAll, METADATA, TABLE_FILES } from '../catalog/objects.ts';
import { type LakeStatus, lakeStatus } from './status.ts';

/**
 * Looks at everything in the lake: lists every object of the log and reads every manifest.
 *
 * @throws Error when the snapshot expires meanwhile
 */
export async function lookAtLake(lake: ObjectStore): Promise<LakeStatus> {
  // Listed before the metadata is read: what others commit meanwhile is named by the time it is looked for.
  const stored = [...(await listAll(lake, TABLE_FILES)), ...(await listAll(lake, METADATA))];
  const { metadata, snapshot, segments: pending, consumed } = await openLog(lake);
  return lakeStatus({
    metadata,
    snapshot,
    files: await tableFiles(lake, snapshot),
    manifests: (await readManifests(lake, snapshot)).length,
    named: await namedNow(lake),
    pending,
    consumed,
    stored,
  });
}
