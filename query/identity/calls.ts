/** The calls that profiles and groups are folded from. */
import type { Database, SqlValue } from '../../platform/ports.ts';
import { isRetracted, isWinner } from '../index/counts.ts';
import { GROUP_ID_LENGTH_MAX } from '../index/folds.ts';
import type { Slot } from '../index/state.ts';
import type { Moment } from '../resolve/moment.ts';
import { select } from '../resolve/select.ts';

/** What is said of a person, or of a group, is folded from so many of its latest calls, copies included. */
export const CALLS_MAX = 500;
/** At a time, as traits may be large. */
const CHUNK_CALLS = 50;

export interface Call {
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly stamp: string;
  /** JSON text. */
  readonly traits: string | null;
  /** Null for an identify call. */
  readonly group_id: string | null;
}

interface Row extends Call {
  readonly counts: number;
}

/**
 * Calls under any of these keys that count, newest first, and of one time the last received first.
 *
 * @throws InletError index_away
 */
export function latestCalls(
  database: Database,
  { slot, sequence }: Moment,
  table: 'traits' | 'groups',
  users: readonly string[],
): AsyncGenerator<Call> {
  const sql = callsSql(slot, table, 'user_key in (select value from json_each(?1))');
  return inChunks(database, sql, JSON.stringify(users), sequence);
}

/**
 * Calls of all users that name the group and count, in the same order.
 *
 * @throws InletError index_away
 */
export function callsNaming(database: Database, { slot, sequence }: Moment, group: string): AsyncGenerator<Call> {
  return inChunks(database, callsSql(slot, 'groups', namesGroup('?1')), group, sequence);
}

/** True of a row of `groups`, by its index. @param group SQL of an id */
export function namesGroup(group: string): string {
  return `group_id = ${group} and length(group_id) <= ${GROUP_ID_LENGTH_MAX}`;
}

async function* inChunks(database: Database, sql: string, of: string, sequence: number): AsyncGenerator<Call> {
  let last: [number, string] = [Number.MAX_SAFE_INTEGER, ''];
  for (let read = 0; read < CALLS_MAX; read += CHUNK_CALLS) {
    const values: SqlValue[] = [of, sequence, ...last];
    const rows = await select<Row>(database, sql, ...values);
    for (const row of rows) if (row.counts === 1) yield row;
    const end = rows.at(-1);
    if (end === undefined || rows.length < CHUNK_CALLS) return;
    last = [end.timestamp, end.stamp];
  }
}

/** Sorts keys alone: the calls of many keys are put in order before the text of any of them is read. */
function callsSql(slot: Slot, table: 'traits' | 'groups', which: string): string {
  return `select call.timestamp, call.stamp, call.traits, ${table === 'groups' ? 'call.group_id' : 'null'} as group_id,
      ${callCounts(slot, 'call', '?2')} as counts
    from (select user_key, timestamp, stamp from ${table}_${slot}
      where ${which} and (timestamp, stamp) < (?3, ?4)
      order by timestamp desc, stamp desc limit ${CHUNK_CALLS}) latest
    join ${table}_${slot} call using (user_key, timestamp, stamp)
    order by call.timestamp desc, call.stamp desc`;
}

/** @param of alias of a row with identity and stamp. @param sequence SQL of the moment's sequence */
export function callCounts(slot: Slot, of: string, sequence: string): string {
  return `${isWinner(slot, of, sequence)} and not ${isRetracted(slot, `${of}.identity`, sequence)}`;
}
