/** How many events there are, by what is known of them without reading each. */
import { EVENT_TYPES, type EventType, isEventType } from '../../schemas/event.ts';
import { bucketIn } from '../index/eras.ts';
import { bucketOf, userHash } from '../index/users.ts';
import type { KnownGroups } from '../timeline/known-groups.ts';
import type { Filters } from './filters.ts';
import { databaseFor, erasFor } from './hot-scan.ts';
import { select } from './select.ts';
import type { ColdRange, Range, Stores } from './stores.ts';
import { DAY_MS, type Tally } from './tally.ts';

/** Row groups that are read to know what of them is the user's: two of each run and key, where there are not many. */
const GROUPS_MAX = 64;
const GROUPS_AT_ONCE = 6;
/** Rows of a bucket that are looked at. */
const BUCKET_ROWS_MAX = 100_000;

export interface Rest {
  /** What is in the index alone. */
  readonly hot: Range;
  /** The time down to which that is counted; null where it is whole. */
  readonly end: number | null;
  readonly cold: ColdRange | null;
  readonly groups: KnownGroups;
}

/** @param tally has what was counted of `hot`; the rest is added */
export async function estimate(
  stores: Stores,
  query: Filters,
  { hot, end, cold, groups }: Rest,
  tally: Tally,
): Promise<void> {
  if (end !== null) await addUnreadRows(stores, query.users, hot, end, tally);
  const isWanted = (type: EventType): boolean => query.types?.includes(type) ?? true;
  for (const { oldest, newest, types } of groups.known) {
    for (const type of EVENT_TYPES.filter(isWanted)) tally.spread(oldest, newest, type, types[type] ?? 0);
  }
  if (cold === null) return;
  const unknown = groups.unknown.slice(0, GROUPS_MAX);
  for (let start = 0; start < unknown.length; start += GROUPS_AT_ONCE) {
    const some = unknown.slice(start, start + GROUPS_AT_ONCE);
    const read = await Promise.all(
      some.map((group) => cold.files.rows({ ...group, count: 1, newest: cold.newest, oldest: cold.oldest })),
    );
    for (const { timestamp, type, gone } of read.flatMap(({ rows }) => rows)) {
      if (isEventType(type) && isWanted(type)) tally.add({ timestamp, type }, gone ? -1 : 1);
    }
  }
}

/** As many events in a row as in those that were read, and of the same types. */
async function addUnreadRows(
  stores: Stores,
  users: readonly string[],
  range: Range,
  end: number,
  tally: Tally,
): Promise<void> {
  const rows = (await Promise.all(users.map((user) => rowsByDay(stores, user, range, end)))).flat();
  const read = rows.filter(({ is_read }) => is_read === 1).reduce((sum, { count }) => sum + count, 0);
  const cells = tally.cells();
  for (const type of EVENT_TYPES) {
    const events = cells.filter((cell) => cell.type === type).reduce((sum, { count }) => sum + count, 0);
    for (const { day, count } of rows.filter(({ is_read }) => is_read === 0)) {
      tally.add({ timestamp: day * DAY_MS, type }, Math.round((count * events) / Math.max(1, read)));
    }
  }
}

interface RowsOfDay {
  /** Days since 1970-01-01, UTC. */
  readonly day: number;
  readonly is_read: 0 | 1;
  /** Rows of the index that hold events of the user. */
  readonly count: number;
}

/** The keys tell: the events themselves are not read. */
async function rowsByDay({ database, moment }: Stores, user: string, range: Range, end: number): Promise<RowsOfDay[]> {
  const shard = databaseFor(database, moment.shards, user);
  const { open, sorted } = await erasFor(shard, moment, range);
  const bucketsOf = (eras: readonly number[]): string =>
    JSON.stringify(eras.map((era) => bucketIn(era, bucketOf(user))));
  return select<RowsOfDay>(
    shard,
    `select (newest - (newest % ${DAY_MS} + ${DAY_MS}) % ${DAY_MS}) / ${DAY_MS} as day, newest > ?6 as is_read, count(*) as count
     from (
       select newest from (select newest, users from events_${moment.slot}
         where bucket in (select value from json_each(?1)) and newest >= ?3 and newest <= ?4 limit ${BUCKET_ROWS_MAX})
       where instr(users, ' ' || ?5 || ':') > 0
       union all
       select newest from (select newest from places_${moment.slot}
         where bucket in (select value from json_each(?2)) and user = ?5 and newest >= ?3 and newest <= ?4
         limit ${BUCKET_ROWS_MAX}))
     group by 1, 2`,
    ...[bucketsOf(open), bucketsOf(sorted.map(({ era }) => era)), range.oldest, range.newest, userHash(user), end],
  );
}
