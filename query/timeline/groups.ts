/** Which row groups of a file may hold events of one user. Pure. */
import { Buffer } from 'node:buffer';
import type { TimelineFile, TimelineGroup, TimelineRun } from '../../schemas/timeline.ts';
import { bucketOf } from '../index/users.ts';

export type Place = Pick<TimelineGroup, 'bucket' | 'user_key' | 'timestamp'>;

/** From `start` on, up to but not including `end`. */
export interface GroupRange {
  readonly start: number;
  readonly end: number;
}

/** Of a run, the file that has the user; null where there is none. */
export function fileOf({ files }: TimelineRun, user: string): TimelineFile | null {
  const bucket = bucketOf(user);
  return files.find(({ first_bucket, last_bucket }) => first_bucket <= bucket && bucket <= last_bucket) ?? null;
}

/** @param oldest @param newest both included, epoch milliseconds */
export function groupsOfUser(
  groups: readonly TimelineGroup[],
  user_key: string,
  oldest: number,
  newest: number,
): GroupRange {
  const user = { bucket: bucketOf(user_key), user_key };
  // Rows like the first of a group may stand at the end of the one before it.
  const start = Math.max(0, countBefore(groups, { ...user, timestamp: oldest }, false) - 1);
  const end = countBefore(groups, { ...user, timestamp: newest }, true);
  return { start, end: Math.max(start, end) };
}

/** How many groups begin before that place. @param included whether those that begin there count too */
function countBefore(groups: readonly TimelineGroup[], place: Place, included: boolean): number {
  let [low, high] = [0, groups.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const group = groups[middle];
    const compared = group === undefined ? 1 : comparePlaces(group, place);
    if (compared < 0 || (included && compared === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** In the order of a file: user keys as UTF-8. */
function comparePlaces(left: Place, right: Place): number {
  return (
    left.bucket - right.bucket ||
    (left.user_key === right.user_key ? 0 : Buffer.compare(Buffer.from(left.user_key), Buffer.from(right.user_key))) ||
    left.timestamp - right.timestamp
  );
}
