import type { Database } from '../../platform/ports.ts';
import { atOneMoment, type Moment } from '../resolve/moment.ts';
import { resolveUser } from './resolve-user.ts';

/**
 * Reads what is kept under the keys of one person, at one moment.
 *
 * @param id any id of the person
 * @throws InletError index_away, and what `read` throws
 */
export function ofPerson<Answer>(
  database: Database,
  id: string,
  read: (moment: Moment, users: readonly string[]) => Promise<Answer>,
): Promise<Answer> {
  return atOneMoment(database, async (moment) => read(moment, await resolveUser(database, moment, id)));
}
