/** Deletes what no reader of the timeline can need any more. */
import type { Clock, ObjectStore } from '../../platform/ports.ts';
import {
  groupsKey,
  TIMELINE_FILES,
  TIMELINE_SOURCES,
  type TimelineSnapshot,
  timelineVersionKey,
} from '../../schemas/timeline.ts';
import { UPLOAD_MS_MAX } from '../catalog/expire.ts';
import { listAll } from '../catalog/objects.ts';
import { readTimelineVersion, timelineVersions } from './store.ts';

const DELETE_KEYS_MAX = 1_000;

export interface ExpiryPorts {
  readonly lake: ObjectStore;
  readonly clock: Clock;
  readonly config: { readonly grace_minutes: number };
}

/** The newest version, and those that were the newest within the grace period. @param snapshots ascending */
export function keptVersions(snapshots: readonly TimelineSnapshot[], now: number, graceMs: number): TimelineSnapshot[] {
  return snapshots.filter((_, place) => {
    const successor = snapshots[place + 1];
    return successor === undefined || successor.committed_at > now - graceMs;
  });
}

/** Killed anywhere, the next run goes on where this one stopped. @returns how many objects were deleted */
export async function expireTimeline({ lake, clock, config }: ExpiryPorts): Promise<number> {
  const now = clock.now();
  const graceMs = config.grace_minutes * 60_000;
  // Listed before the versions are read: what others upload and commit meanwhile is not among it.
  const stored = [...(await listAll(lake, TIMELINE_FILES)), ...(await listAll(lake, TIMELINE_SOURCES))];
  const versions = await timelineVersions(lake);
  const snapshots: TimelineSnapshot[] = [];
  for (const version of versions) {
    const snapshot = await readTimelineVersion(lake, version);
    if (snapshot !== null) snapshots.push(snapshot);
  }
  const kept = keptVersions(snapshots, now, graceMs);
  const oldest = kept[0]?.version ?? 0;
  const outdated = versions.filter((version) => version < oldest);
  // Oldest first, and versions before files: a version that is stored has all that it names.
  for (const version of outdated) await lake.delete(timelineVersionKey(version));
  const named = new Set(kept.flatMap(objectsOf));
  const gone = new Set(snapshots.filter(({ version }) => version < oldest).flatMap(objectsOf));
  const leftover = now - graceMs - UPLOAD_MS_MAX;
  const deletable = stored
    .filter(({ key, uploaded }) => !named.has(key) && (gone.has(key) || uploaded.getTime() < leftover))
    .map(({ key }) => key);
  for (let start = 0; start < deletable.length; start += DELETE_KEYS_MAX) {
    await lake.delete(deletable.slice(start, start + DELETE_KEYS_MAX));
  }
  return outdated.length + deletable.length;
}

function objectsOf({ sources, runs }: TimelineSnapshot): string[] {
  const files = runs.flatMap((run) => run.files).flatMap(({ key }) => [key, groupsKey(key)]);
  return [sources, ...files];
}
