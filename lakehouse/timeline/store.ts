/** Versions of the timeline in the lake: immutable and numbered; who creates version N+1 has committed it. */
import type { ObjectStore, Random } from '../../platform/ports.ts';
import {
  TIMELINE_SOURCES,
  TIMELINE_VERSIONS,
  type TimelineSnapshot,
  timelineVersion,
  timelineVersionKey,
} from '../../schemas/timeline.ts';
import { parseTimelineSnapshot } from '../../schemas/timeline-parse.ts';
import { listAll } from '../catalog/objects.ts';

const ROUNDS_MAX = 5;
const NAME_DIGITS = 32;

/** Versions that are stored, ascending. */
export async function timelineVersions(lake: ObjectStore): Promise<number[]> {
  return (await listAll(lake, TIMELINE_VERSIONS))
    .map(({ key }) => timelineVersion(key))
    .filter((version) => version !== null)
    .sort((left, right) => left - right);
}

/** @returns null where there is none, or none any more */
export async function readTimelineVersion(lake: ObjectStore, version: number): Promise<TimelineSnapshot | null> {
  const object = await lake.get(timelineVersionKey(version));
  return object === null ? null : parseTimelineSnapshot(await object.text());
}

/** @returns null before the first build */
export async function newestTimeline(lake: ObjectStore): Promise<TimelineSnapshot | null> {
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const version = (await timelineVersions(lake)).at(-1);
    if (version === undefined) return null;
    const snapshot = await readTimelineVersion(lake, version);
    if (snapshot !== null) return snapshot;
  }
  throw new Error('The versions of the timeline expire faster than they can be read: raise INLET_GRACE_MINUTES');
}

/** @throws Error when another one committed first; then no reader sees this one */
export async function commitTimeline(lake: ObjectStore, next: TimelineSnapshot): Promise<void> {
  const key = timelineVersionKey(next.version);
  const text = JSON.stringify(next);
  const isMine = (await lake.put(key, text, { onlyIf: { etagDoesNotMatch: '*' } })) !== null;
  // A put whose answer got lost and that was sent again meets its own object.
  const stored = isMine ? text : await (await lake.get(key))?.text();
  const newest = (await timelineVersions(lake)).at(-1);
  // Whoever slept for longer than versions live fills a hole, which nobody looks into.
  if (stored !== text || newest !== next.version)
    throw new Error(`Another build made version ${next.version} of the timeline`);
}

/** Keys of the files of the table whose rows a version holds. */
export async function readSources(lake: ObjectStore, snapshot: TimelineSnapshot | null): Promise<string[]> {
  if (snapshot === null) return [];
  const object = await lake.get(snapshot.sources);
  const keys: unknown = object === null ? null : JSON.parse(await object.text());
  if (!Array.isArray(keys)) throw new Error(`${snapshot.sources} does not list files of the table`);
  return keys.map(String);
}

/** @returns the key of the list */
export async function writeSources(lake: ObjectStore, random: Random, keys: readonly string[]): Promise<string> {
  const key = `${TIMELINE_SOURCES}${random.hex(NAME_DIGITS)}.json`;
  await lake.put(key, JSON.stringify(keys));
  return key;
}
