/** What the lists of row groups say of a user's events, before any event is read. */
import type { TimelineFile, TimelineGroup, TimelineGroups, TypeCounts } from '../../schemas/timeline.ts';
import type { ColdRange } from '../resolve/stores.ts';
import { fileOf, groupsOfUser } from './groups.ts';

/** Events of a whole row group, which are all of one user and in the range. */
export interface KnownGroup {
  /** Between these times, both included, epoch milliseconds. */
  readonly oldest: number;
  readonly newest: number;
  readonly types: TypeCounts;
}

/** A row group that must be read to know what of it belongs to the user. */
export interface UnknownGroup {
  readonly file: TimelineFile;
  readonly groups: TimelineGroups;
  /** Its place among them. */
  readonly start: number;
  readonly user: string;
}

export interface KnownGroups {
  readonly known: readonly KnownGroup[];
  readonly unknown: readonly UnknownGroup[];
  /** Events of those that are known. */
  readonly rows: number;
}

export const NO_GROUPS: KnownGroups = { known: [], unknown: [], rows: 0 };

/** @param users keys of one person. @throws TimelineGoneError */
export async function knownGroups(
  { files, timeline, oldest, newest }: ColdRange,
  users: readonly string[],
): Promise<KnownGroups> {
  const known: KnownGroup[] = [];
  const unknown: UnknownGroup[] = [];
  const runs = timeline.runs.filter((run) => run.oldest <= newest && run.newest >= oldest);
  for (const user of users) {
    const named = runs.map((run) => fileOf(run, user)).filter((file) => file !== null);
    const read = await Promise.all(named.map(async (file) => ({ file, groups: await files.groups(file) })));
    for (const { file, groups } of read) {
      const { start, end } = groupsOfUser(groups.groups, user, oldest, newest);
      for (let place = start; place < end; place += 1) {
        const whole = wholeGroup(groups.groups[place], groups.groups[place + 1], user, oldest, newest);
        if (whole === null) unknown.push({ file, groups, start: place, user });
        else known.push(whole);
      }
    }
  }
  const rows = known.flatMap(({ types }) => Object.values(types)).reduce((sum, events) => sum + events, 0);
  return { known, unknown, rows };
}

/** Between two places of the user in the range there is nothing else. */
function wholeGroup(
  group: TimelineGroup | undefined,
  next: TimelineGroup | undefined,
  user: string,
  oldest: number,
  newest: number,
): KnownGroup | null {
  if (group?.user_key !== user || next?.user_key !== user || group.types === null) return null;
  if (group.timestamp < oldest || next.timestamp > newest) return null;
  return { oldest: group.timestamp, newest: next.timestamp, types: group.types };
}
