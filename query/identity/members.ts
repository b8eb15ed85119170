/** Who is in a group. */
import type { Database } from '../../platform/ports.ts';
import { InletError } from '../../schemas/errors.ts';
import { isThere } from '../index/counts.ts';
import type { Slot } from '../index/state.ts';
import { timelineHash } from '../resolve/cursor.ts';
import { atOneMoment, type Moment } from '../resolve/moment.ts';
import { select } from '../resolve/select.ts';
import { decodeSigned, encodeSigned } from '../resolve/signed.ts';
import { CALLS_MAX, callCounts } from './calls.ts';
import { type Candidate, checkFirst, type IdPage, pageOf } from './page.ts';
import { resolveUser } from './resolve-user.ts';

/** How many a page holds. */
export const MEMBERS_FIRST = { by_default: 20, most: 100 };

/** Where a page begins, and what page one showed. */
interface Place {
  readonly key: string;
  readonly sequence: number;
  /** Epoch milliseconds. */
  readonly asOf: number;
}

/**
 * People one of whose group calls names the group, out of the latest of each of their keys, up to CALLS_MAX. Each person
 * comes once: under the first of its keys that did, in the order of keys by UTF-8 bytes. All pages show the moment of the
 * first one, so that nobody comes twice or gets lost where keys become one person in between.
 *
 * @param query `after` is null for the first page
 * @param askAsOf every event that was acknowledged before the time that it gives is in the index
 * @throws InletError index_away, page_too_large, cursor_invalid
 */
export function readMembers(
  database: Database,
  { group, first, after }: { readonly group: string; readonly first: number; readonly after: string | null },
  askAsOf: () => Promise<number>,
): Promise<IdPage> {
  checkFirst(first, 'members', MEMBERS_FIRST.most);
  return atOneMoment(database, async (now) => {
    const asked = timelineHash('members', group);
    const place = after === null ? null : decodePlace(after, asked, now.cursorSecret);
    const moment = { ...now, sequence: place?.sequence ?? now.sequence };
    const asOf = place?.asOf ?? (await askAsOf());
    const sql = `select user_key from group_members_${moment.slot}
      where group_id = ?1 and user_key > ?2 order by user_key limit ?3`;
    const look = async (last: string, limit: number): Promise<Candidate[]> => {
      const rows = await select<{ user_key: string }>(database, sql, group, last, limit);
      const counts = async (key: string): Promise<boolean> => isFirst(database, moment, group, key);
      return Promise.all(rows.map(async ({ user_key: id }) => ({ id, counts: await counts(id) })));
    };
    const { sequence, cursorSecret } = moment;
    const cursor = (key: string): string => encodeSigned([key, sequence, asOf, asked], cursorSecret);
    return { ...(await pageOf(first, place?.key ?? '', looksMax(first), look)), cursor, asOf };
  });
}

function decodePlace(text: string, asked: string, secret: string): Place {
  const [key, sequence, asOf, hash, ...rest] = decodeSigned(text, secret) ?? [];
  if (typeof key !== 'string' || typeof sequence !== 'number' || typeof asOf !== 'number') {
    throw new InletError('cursor_invalid');
  }
  if (hash !== asked || rest.length > 0) throw new InletError('cursor_invalid');
  return { key, sequence, asOf };
}

/** How many keys one page looks at: devices of people who are on it already, and calls that were taken back. */
function looksMax(first: number): number {
  return 2 * first + 10;
}

/** Whether no earlier key of the same person names the group, and this one does. */
async function isFirst(database: Database, moment: Moment, group: string, key: string): Promise<boolean> {
  const { slot, sequence } = moment;
  const keys = JSON.stringify(await resolveUser(database, moment, key));
  const [found] = await select<{ key: string }>(database, firstKeySql(slot), keys, sequence, group);
  return found?.key === key;
}

function firstKeySql(slot: Slot): string {
  return `select keys.value as key from json_each(?1) keys
    where exists (select 1 from (select group_id, identity, stamp from groups_${slot}
        where user_key = keys.value order by timestamp desc, stamp desc limit ${CALLS_MAX}) call
      where call.group_id = ?3 and ${isThere(slot, 'call', '?2')} and ${callCounts(slot, 'call', '?2')})
    order by key limit 1`;
}
