import type { Database } from '../../platform/ports.ts';
import { decodeEvents } from './hot-events.ts';
import { readState } from './state.ts';
import { slicesOf } from './users.ts';

/**
 * Keys of users who have events in the hot index: those of the rows that came last.
 *
 * @param rows how many are read; each holds a few users, and none comes twice
 * @throws what the database throws, and where an older Inlet wrote the rows
 */
export async function someUsers(database: Database, rows: number): Promise<string[]> {
  const { active } = await readState(database);
  const { results } = await database
    .prepare(`select users, events from events_${active} order by rowid desc limit ?`)
    .bind(rows)
    .all<{ users: string; events: string }>();
  const keys = results
    .flatMap(({ users, events }) => slicesOf(users, events))
    .map((slice) => decodeEvents(slice)[0])
    .map((event) => event?.userId ?? event?.anonymousId ?? null);
  return [...new Set(keys.filter((key) => key !== null))];
}
