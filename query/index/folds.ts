/** What identify, alias and group calls add to the index beside themselves. All other events add nothing. */
import type { Database, SqlValue, Statement } from '../../platform/ports.ts';
import type { EventRow } from '../../schemas/columns.ts';
import type { HeldEvent } from './hot-rows.ts';
import { identityOf } from './identity.ts';
import { inserts, into } from './inserts.ts';
import { LINKS_MAX, linkOf } from './links.ts';
import type { Slot } from './state.ts';

/** Characters. Groups with longer ids are known of each user, and not over all users. */
export const GROUP_ID_LENGTH_MAX = 512;

export function isFolded({ type }: Pick<EventRow, 'type'>): boolean {
  return type === 'identify' || type === 'alias' || type === 'group';
}

/** @param calls those that are folded. @param sequence SQL of the sequence that the rows get */
export function insertFolds(
  database: Database,
  slot: Slot,
  calls: readonly HeldEvent[],
  sequence: string,
): Statement[] {
  const traits: SqlValue[] = [];
  const groups: SqlValue[] = [];
  const groupMembers: SqlValue[] = [];
  const links: SqlValue[] = [];
  const members: SqlValue[] = [];
  for (const { row, stamp } of calls) {
    const identity = identityOf(row.source, row.message_id);
    if (row.type === 'identify' && row.traits !== null) {
      traits.push(row.user_key, row.timestamp, stamp, identity, row.traits);
    }
    if (row.type === 'group' && row.group_id !== null) {
      groups.push(row.user_key, row.timestamp, stamp, identity, row.group_id, row.traits);
      if (isShort(row.group_id)) groupMembers.push(row.group_id, row.user_key);
    }
    const link = linkOf(row);
    if (link === null) continue;
    links.push(link.id, row.timestamp, stamp, link.person, identity);
    members.push(link.person, link.id);
  }
  return [
    ...inserts(database, '(?,?,?,?,?)', into(`traits_${slot}`), traits),
    ...inserts(database, '(?,?,?,?,?,?)', into(`groups_${slot}`), groups),
    ...inserts(database, '(?,?)', into(`group_members_${slot}`), groupMembers),
    ...inserts(database, '(?,?,?,?,?)', intoLinks(slot, sequence), links),
    ...inserts(database, '(?,?)', intoMembers(slot), members),
  ];
}

/** As SQLite counts: a character beyond the first 65,536 is one. */
function isShort(id: string): boolean {
  return id.length <= GROUP_ID_LENGTH_MAX || [...id].length <= GROUP_ID_LENGTH_MAX;
}

/** The earliest links of an id get in whatever the order in which they come, as none of them has so many before it. */
function intoLinks(slot: Slot, sequence: string): (rows: string) => string {
  return (rows) => `insert into links_${slot}
    select column1, column2, column3, column4, column5, ${sequence} from (values ${rows})
    where (select count(*) from links_${slot} where id = column1 and (timestamp, stamp) < (column2, column3)) < ${LINKS_MAX}
    on conflict do nothing`;
}

/** After the links: a pair without one would never be asked for. */
function intoMembers(slot: Slot): (rows: string) => string {
  return (rows) => `insert into members_${slot}
    select column1, column2 from (values ${rows})
    where exists (select 1 from links_${slot} where id = column2 and person = column1)
    on conflict do nothing`;
}
