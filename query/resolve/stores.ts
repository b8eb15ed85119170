/** Where events are read from: the hot index and the files of the timeline, as they were at one moment. */
import type { HotIndex } from '../../platform/ports.ts';
import { InletError } from '../../schemas/errors.ts';
import type { TimelineSnapshot } from '../../schemas/timeline.ts';
import { ColdScan } from '../timeline/cold-scan.ts';
import type { TimelineSource } from '../timeline/files.ts';
import { withTimeline } from '../timeline/with-timeline.ts';
import type { Cursor } from './cursor.ts';
import type { Filters } from './filters.ts';
import { HotScan } from './hot-scan.ts';
import { MergedScan } from './merged-scan.ts';
import { atOneMoment, type Moment } from './moment.ts';
import type { Order } from './position.ts';

export interface Stores {
  readonly database: HotIndex;
  readonly moment: Moment;
  readonly files: TimelineSource | null;
  readonly timeline: TimelineSnapshot | null;
}

/** Between two times, both included, epoch milliseconds. */
export interface Range {
  readonly newest: number;
  readonly oldest: number;
}

/** The last time that a Date can hold, epoch milliseconds; its negative is the first. */
export const LATEST = 8_640_000_000_000_000;
/** Most keys of one person, and characters in them: the cursor carries them. */
const USERS_MAX = { keys: 100, characters: 16_384 };

/**
 * Reads a person's events at the moment of a cursor, or now.
 *
 * @param files of the timeline, which hold what has left the hot index; null where nothing ever leaves
 * @param cursorOf opens the cursor by the secret of the index; null where there is none
 * @param resolve says where there is no cursor which keys make up the person
 * @param asked the key that was asked for
 * @throws InletError index_away, query_too_costly where one person has too many keys, and what `read` throws
 */
export async function readStores<Answer>(
  database: HotIndex,
  files: TimelineSource | null,
  cursorOf: (secret: string) => Cursor | null,
  asked: readonly string[],
  resolve: (moment: Moment) => Promise<readonly string[]>,
  read: (stores: Stores, users: readonly string[], after: Cursor | null) => Promise<Answer>,
): Promise<Answer> {
  // Looked for before the moment: of what a version holds, the index has nothing still to come.
  await files?.renew();
  return atOneMoment(database, async (current) => {
    const after = cursorOf(current.cursorSecret);
    const users = after === null ? await resolve(current) : usersOf(after, asked);
    checkUsers(users);
    return withTimeline(files, after?.version ?? null, current.dropped, (timeline) => {
      // What page one read of the files has expired: from here on the reading shows another moment.
      const sequence = after?.version === versionOf(timeline) ? after.sequence : current.sequence;
      return read({ database, files, timeline, moment: { ...current, sequence } }, users, after);
    });
  });
}

/** 0 where there is none. */
export function versionOf(timeline: TimelineSnapshot | null): number {
  return timeline?.version ?? 0;
}

/** The keys of page one, whoever was joined to that person or parted from them meanwhile. */
function usersOf({ users }: Cursor, asked: readonly string[]): readonly string[] {
  return users.length > 0 ? users : asked.slice(0, 1);
}

function checkUsers(users: readonly string[]): void {
  const characters = users.reduce((sum, { length }) => sum + length, 0);
  if (users.length > 1 && (users.length > USERS_MAX.keys || characters > USERS_MAX.characters)) {
    throw new InletError('query_too_costly');
  }
}

/** Between which times the wanted events lie. */
export function rangeOf({ from, to }: Pick<Filters, 'from' | 'to'>): Range {
  return { newest: (to ?? LATEST) - 1, oldest: from ?? -LATEST };
}

/** What of a range is to be looked for in files: all that is newer than all that has left is in the index. */
export function coldRange({ files, timeline, moment }: Stores, { newest, oldest }: Range): ColdRange | null {
  const newestCold = Math.min(newest, moment.droppedNewest ?? Number.NEGATIVE_INFINITY);
  return files === null || timeline === null || newestCold < oldest
    ? null
    : { files, timeline, newest: newestCold, oldest };
}

export interface ColdRange extends Range {
  readonly files: TimelineSource;
  readonly timeline: TimelineSnapshot;
}

/** Copies of the events under these keys, from the index and from files. @throws InletError index_away */
export function scanOf(stores: Stores, users: readonly string[], range: Range, order: Order): MergedScan {
  const { database, moment } = stores;
  const hot = users.map((user) => new HotScan(database, moment, { user, ...range, order }));
  const inFiles = coldRange(stores, range);
  const cold =
    inFiles === null
      ? []
      : users.map((user) => new ColdScan(inFiles.files, inFiles.timeline, user, inFiles.newest, inFiles.oldest, order));
  return new MergedScan([...hot, ...cold], order);
}
