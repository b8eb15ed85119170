/** Groups, as the group calls of all users speak of them. */
import type { Database } from '../../platform/ports.ts';
import { InletError } from '../../schemas/errors.ts';
import type { JsonObject } from '../../schemas/event.ts';
import type { Slot } from '../index/state.ts';
import { atOneMoment } from '../resolve/moment.ts';
import { decodeOpaque, encodeOpaque } from '../resolve/opaque.ts';
import { select } from '../resolve/select.ts';
import { CALLS_MAX, callCounts, callsNaming, namesGroup } from './calls.ts';
import { checkFirst, type IdPage, pageOf } from './page.ts';
import { TraitFold } from './traits.ts';

/** How many a page holds. */
export const GROUPS_FIRST = { by_default: 20, most: 100 };

/** How many ids one page looks at: groups whose calls were all taken back are passed over. */
const LOOKS_MAX = 1_000;
/** What cursors of groups begin with. */
const CURSOR = 'groups';

/** Times of calls, epoch milliseconds; null where there is none. */
export interface Seen {
  readonly first: number | null;
  readonly last: number | null;
}

/**
 * The latest value of each trait: a fold over the latest calls that name the group, up to CALLS_MAX.
 *
 * @throws InletError index_away
 */
export function readGroupTraits(database: Database, group: string): Promise<JsonObject> {
  return atOneMoment(database, async (moment) => {
    const fold = new TraitFold();
    for await (const { timestamp, traits } of callsNaming(database, moment, group)) {
      if (traits !== null) fold.add(traits, timestamp);
    }
    return fold.latest();
  });
}

/**
 * When calls named the group first and last. At either end, up to CALLS_MAX that do not count are passed over.
 *
 * @throws InletError index_away
 */
export function readGroupSeen(database: Database, group: string): Promise<Seen> {
  return atOneMoment(database, async ({ slot, sequence }) => {
    const end = (pick: 'min' | 'max', order: 'asc' | 'desc'): string =>
      `(select ${pick}(call.timestamp) from (select timestamp, stamp, identity from groups_${slot}
        where ${namesGroup('?1')} order by timestamp ${order}, stamp ${order} limit ${CALLS_MAX}) call
        where ${callCounts(slot, 'call', '?2')})`;
    const sql = `select ${end('min', 'asc')} as first, ${end('max', 'desc')} as last`;
    const [seen] = await select<Seen>(database, sql, group, sequence);
    return seen ?? { first: null, last: null };
  });
}

/**
 * Groups in the order of their ids, by UTF-8 bytes: those that one of their latest calls names, out of CALLS_MAX. From one
 * id to the next it is one step, however many calls name it. Pages show what there is now: a group is at one place.
 *
 * @param query `after` is null for the first page
 * @param askAsOf every event that was acknowledged before the time that it gives is in the index
 * @throws InletError index_away, page_too_large, cursor_invalid
 */
export async function readGroups(
  database: Database,
  { first, after }: { readonly first: number; readonly after: string | null },
  askAsOf: () => Promise<number>,
): Promise<IdPage> {
  checkFirst(first, 'groups', GROUPS_FIRST.most);
  const begin = after === null ? '' : decodeCursor(after);
  const asOf = await askAsOf();
  const ids = await atOneMoment(database, ({ slot, sequence }) => {
    const sql = idsSql(slot);
    return pageOf(first, begin, LOOKS_MAX, async (last, limit) => {
      const rows = await select<{ id: string; counts: number }>(database, sql, last, sequence, limit);
      return rows.map(({ id, counts }) => ({ id, counts: counts === 1 }));
    });
  });
  return { ...ids, cursor: (id) => encodeOpaque([CURSOR, id]), asOf };
}

function idsSql(slot: Slot): string {
  const next = (id: string): string =>
    `(select group_id from group_members_${slot} where group_id > ${id} order by group_id limit 1)`;
  return `with recursive named(id) as (
      select ${next('?1')} union all select ${next('named.id')} from named where named.id is not null limit ?3)
    select id, exists (select 1 from (select identity, stamp from groups_${slot}
        where ${namesGroup('named.id')} order by timestamp desc, stamp desc limit ${CALLS_MAX}) call
      where ${callCounts(slot, 'call', '?2')}) as counts
    from named where id is not null order by id`;
}

/** It is not signed, as whoever may read groups may read all of them. */
function decodeCursor(text: string): string {
  const [kind, id, ...rest] = decodeOpaque(text) ?? [];
  if (kind !== CURSOR || typeof id !== 'string' || rest.length > 0) throw new InletError('cursor_invalid');
  return id;
}
