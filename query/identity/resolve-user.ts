/** Who is whom: a fold over identify and alias calls, made when it is asked for. */
import type { Database } from '../../platform/ports.ts';
import { isRetracted, isWinner } from '../index/counts.ts';
import { LINKS_MAX } from '../index/links.ts';
import type { Slot } from '../index/state.ts';
import type { Moment } from '../resolve/moment.ts';
import { select } from '../resolve/select.ts';

/** Keys that one person has at most, and characters in all of them: cursors carry them. */
export const KEYS_MAX = 100;
export const KEYS_CHARACTERS_MAX = 16_384;

/** Steps up from an id, from each to the one that it belongs to. */
const STEPS_MAX = 100;
/** Ids that are looked at for one person. */
const IDS_MAX = 1_000;

/**
 * The keys under which the events of one person lie: the asked id first, then those that the person had longest or got
 * last. It is the same set whichever of the ids is asked for; beyond KEYS_MAX each shows itself and those linked last.
 *
 * An id belongs to the user id that the earliest call names which linked it, by the time of the call, and to no other.
 * So two people who identified on one device stay two: what the device did on its own belongs to the first of them.
 *
 * @throws InletError index_away
 */
export async function resolveUser(database: Database, { slot, sequence }: Moment, id: string): Promise<string[]> {
  const members = await select<{ id: string; linked_at: number | null }>(database, personSql(slot), id, sequence);
  const linkedAt = new Map(members.map((member) => [member.id, member.linked_at ?? Number.POSITIVE_INFINITY]));
  linkedAt.set(id, Number.POSITIVE_INFINITY);
  const others = [...linkedAt].filter(([key]) => key !== id);
  others.sort(([a, aAt], [b, bAt]) => (aAt === bAt ? (a < b ? -1 : 1) : bAt - aAt));
  return withinLimits([id, ...others.map(([key]) => key)]);
}

function withinLimits(keys: readonly string[]): string[] {
  let characters = 0;
  const end = keys.findIndex((key, place) => {
    characters += key.length;
    return place === KEYS_MAX || (place > 0 && characters > KEYS_CHARACTERS_MAX);
  });
  return keys.slice(0, end === -1 ? undefined : end);
}

/**
 * Up from the asked id, and down from all that were met. A union keeps each row once, so a circle of aliases ends. What
 * belongs to somebody else is among the rows of `person`, so that it counts for the limit, and is not followed.
 */
function personSql(slot: Slot): string {
  return `with recursive
    chain(id) as (
      select ?1
      union select ${firstLink(slot, 'chain.id', 'person')} from chain where chain.id is not null
      limit ${STEPS_MAX}),
    people(id, holds) as (
      select id, 1 from chain where id is not null
      union select members.id, ${firstLink(slot, 'members.id', 'person')} = people.id
        from people join members_${slot} members on members.person = people.id where people.holds = 1
      limit ${IDS_MAX})
    select id, ${firstLink(slot, 'people.id', 'timestamp')} as linked_at from people where holds = 1`;
}

/** Of the first link of an id that counts. */
function firstLink(slot: Slot, id: string, column: 'person' | 'timestamp'): string {
  return `(select link.${column} from (select * from links_${slot} links
      where links.id = ${id} and links.sequence <= ?2 order by links.timestamp, links.stamp limit ${LINKS_MAX}) link
    where ${isWinner(slot, 'link', '?2')} and not ${isRetracted(slot, 'link.identity', '?2')}
    order by link.timestamp, link.stamp limit 1)`;
}
