/** Lets events leave the hot index when their time there is over and the timeline holds them. */
import { openLog } from '../../lakehouse/catalog/log.ts';
import { newestTimeline, readTimelineVersion, timelineVersions } from '../../lakehouse/timeline/store.ts';
import { dropRows } from '../../query/index/drop.ts';
import { markRows } from '../../query/index/marks.ts';
import type { Clock, HotIndex, ObjectStore } from '../ports.ts';

const DAY_MS = 86_400_000;

export interface HotWindowPorts {
  readonly lake: ObjectStore;
  readonly index: HotIndex;
  readonly clock: Clock;
}

/** @returns how many rows of the index went, of many events each; what is left goes at a later call */
export async function tendHotWindow({ lake, index, clock }: HotWindowPorts, hot_window_days: number): Promise<number> {
  const newest = await newestTimeline(lake);
  const now = clock.now();
  const listPending = async (): Promise<string[]> => (await openLog(lake)).segments.map(({ key }) => key);
  await markRows(index, now, newest?.build ?? 0, listPending);
  const [oldest] = await timelineVersions(lake);
  // Cursors of the grace period may name the oldest version, or none from before the first one, which `dropRows` has
  // covered as it wants two builds after a mark: what those readings do not find in files, the index must hold.
  const coverage = oldest === undefined ? null : await readTimelineVersion(lake, oldest);
  return coverage === null ? 0 : dropRows(index, now - hot_window_days * DAY_MS, coverage);
}
