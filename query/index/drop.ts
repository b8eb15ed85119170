/**
 * Rows leave the hot index when they have been there for the hot window and the timeline holds them. That it does is
 * proved without clocks: a build of the timeline that began after a mark, and for which none of the segments still waited
 * that waited by then, holds all rows up to the mark.
 */
import type { Database, HotIndex } from '../../platform/ports.ts';
import { type Coverage, droppableMark, forgetMarks, lastRow, type Mark, readMarks } from './marks.ts';
import { databaseOf } from './shards.ts';
import { forgetEras } from './sort.ts';
import { type IndexState, onlyInGeneration, readState, type Slot, shardsIn } from './state.ts';

/** Rows that go in one statement. D1 gives a statement 30 seconds. */
const ROWS_AT_ONCE = 500;
/** Statements of one call: the next one goes on. */
const STATEMENTS_MAX = 10;

/**
 * Drops rows that were there before that time and that the version holds, some at a time.
 *
 * @param coverage of the oldest version that a cursor may name
 * @returns how many went; when the work is not done, the next call goes on
 */
export async function dropRows(index: HotIndex, before: number, coverage: Coverage): Promise<number> {
  const state = await readState(index);
  const { building, generation } = state;
  // A rebuild that ends would hand the index over with rows that a reader counts on here.
  if (building !== null) return 0;
  const marks = await readMarks(index);
  const outdated = marks.filter((mark) => mark.generation !== generation);
  let rows = 0;
  for (const shard of shardsIn(state)) {
    const own = marks.filter((mark) => mark.shard === shard);
    const mark = droppableMark(own, generation, before, coverage);
    if (mark === null) continue;
    rows += await dropUpTo(index, state, mark, coverage.version);
    await forgetEras(databaseOf(index, shard), state.active);
    outdated.push(...own.filter(({ at }) => at < mark.at));
  }
  await forgetMarks(index, outdated);
  return rows;
}

/** @param version of the timeline, which holds all rows up to the mark. @returns how many went */
async function dropUpTo(index: HotIndex, state: IndexState, mark: Mark, version: number): Promise<number> {
  const { active, generation } = state;
  const database = databaseOf(index, mark.shard);
  // Before the rows are looked at: each time that a rebuild empties a database beside the first, it counts up.
  const own = mark.shard === 0 ? state : await readState(database);
  if (!(await isThere(database, active, mark))) return 0;
  let rows = 0;
  for (let count = 0; count < STATEMENTS_MAX; count += 1) {
    const first = await firstRow(database, active);
    // The last row of all stays: the next one gets a number after it, never one from before a mark.
    const end = Math.min(mark.last_row, ((await lastRow(database, active))?.row ?? 0) - 1);
    if (first === null || first > end) break;
    const last = Math.min(end, first + ROWS_AT_ONCE - 1);
    const newest = await newestUpTo(database, active, last);
    const note = index
      .prepare(
        `update index_state set dropped = max(dropped, ?1), dropped_newest = max(?2, coalesce(dropped_newest, ?2)),
           ${onlyInGeneration('?3')} where id = 1`,
      )
      .bind(version, newest, generation);
    const drop = database.prepare(`delete from events_${active} where rowid <= ?`).bind(last);
    if (mark.shard === 0) await index.batch([note, drop]);
    else {
      // Who finds them no more finds this, and starts anew with the files.
      await index.batch([note]);
      const unemptied = database.prepare(`update index_state set ${onlyInGeneration('?1')} where id = 1`);
      await database.batch([unemptied.bind(own.generation), drop]);
    }
    rows += last - first + 1;
  }
  return rows;
}

/** Whether rows still have the numbers that they had at the mark. */
async function isThere(database: Database, slot: Slot, { last_row, content }: Mark): Promise<boolean> {
  const { results } = await database
    .prepare(`select content from events_${slot} where rowid = ?`)
    .bind(last_row)
    .all<{ content: string }>();
  return results[0]?.content === content;
}

async function firstRow(database: Database, slot: Slot): Promise<number | null> {
  const { results } = await database
    .prepare(`select min(rowid) as row from events_${slot}`)
    .all<{ row: number | null }>();
  return results[0]?.row ?? null;
}

/** Time of the newest event in the rows up to that one, epoch milliseconds. */
async function newestUpTo(database: Database, slot: Slot, last: number): Promise<number> {
  const { results } = await database
    .prepare(`select max(newest) as newest from events_${slot} where rowid <= ?`)
    .bind(last)
    .all<{ newest: number }>();
  return results[0]?.newest ?? 0;
}
