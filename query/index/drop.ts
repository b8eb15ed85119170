/**
 * Rows leave the hot index when they have been there for the hot window and the timeline holds them. That it does is
 * proved without clocks. A mark notes the last row there is, then which segments wait for the table: whatever is in a row
 * up to that one, its segment was in the log by then. A build of the timeline that began after the mark, and for which
 * none of those segments still waited, holds them all.
 */
import type { Database } from '../../platform/ports.ts';
import { readState, type Slot } from './state.ts';

/** What must be known of a version of the timeline. */
export interface Coverage {
  readonly version: number;
  readonly build: number;
  /** Keys of the segments that it does not hold. */
  readonly pending: readonly string[];
}

export interface Mark {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly generation: number;
  readonly last_row: number;
  /** Of that row. */
  readonly content: string;
  readonly build: number;
  /** Keys of segments, as JSON. */
  readonly pending: string;
}

/** Marks are at least so far apart, milliseconds. */
const MARK_EVERY_MS = 900_000;
/** While more segments wait than this, no mark is made. */
const PENDING_MAX = 5_000;
/** Rows that go in one statement. D1 gives a statement 30 seconds. */
const ROWS_AT_ONCE = 500;
/** Statements of one call: the next one goes on. */
const STATEMENTS_MAX = 10;

/**
 * Notes how far the index reaches, where that is due.
 *
 * @param build the newest build of the timeline
 * @param listPending keys of the segments that the table has not consumed; asked after the rows were looked at
 */
export async function markRows(
  database: Database,
  now: number,
  build: number,
  listPending: () => Promise<readonly string[]>,
): Promise<void> {
  const { active, building, generation } = await readState(database);
  if (building !== null) return;
  const newest = (await readMarks(database)).at(-1);
  if (newest !== undefined && newest.generation === generation && now - newest.at < MARK_EVERY_MS) return;
  const last = await lastRow(database, active);
  if (last === null || (last.content === newest?.content && newest.generation === generation)) return;
  const pending = await listPending();
  if (pending.length > PENDING_MAX) return;
  await database
    .prepare(
      `insert into index_marks (at, generation, last_row, content, build, pending) values (?,?,?,?,?,?)
       on conflict do nothing`,
    )
    .bind(now, generation, last.row, last.content, build, JSON.stringify(pending))
    .run();
}

/** The newest mark that is that old and whose rows the timeline holds. Pure. @param marks by time */
export function droppableMark(
  marks: readonly Mark[],
  generation: number,
  before: number,
  { build, pending }: Coverage,
): Mark | null {
  const waits = new Set(pending);
  const covered = marks.filter((mark) => {
    // The build after the newest one may have been under way already.
    if (mark.generation !== generation || mark.at > before || build < mark.build + 2) return false;
    const noted: unknown = JSON.parse(mark.pending);
    return Array.isArray(noted) && !noted.some((key) => waits.has(String(key)));
  });
  return covered.at(-1) ?? null;
}

/**
 * Drops rows that were there before that time and that the version holds, some at a time.
 *
 * @param coverage of the oldest version that a cursor may name
 * @returns how many went; when the work is not done, the next call goes on
 */
export async function dropRows(database: Database, before: number, coverage: Coverage): Promise<number> {
  const { active, building, generation } = await readState(database);
  // A rebuild that ends would hand the index over with rows that a reader counts on here.
  if (building !== null) return 0;
  const marks = await readMarks(database);
  const mark = droppableMark(marks, generation, before, coverage);
  let rows = 0;
  if (mark !== null && (await isThere(database, active, mark))) {
    for (let count = 0; count < STATEMENTS_MAX; count += 1) {
      const first = await firstRow(database, active);
      // The last row of all stays: the next one gets a number after it, never one from before a mark.
      const end = Math.min(mark.last_row, ((await lastRow(database, active))?.row ?? 0) - 1);
      if (first === null || first > end) break;
      const last = Math.min(end, first + ROWS_AT_ONCE - 1);
      await database.batch([
        database
          .prepare(
            `update index_state set dropped = max(dropped, ?), generation = case generation when ? then generation end,
               dropped_newest = (select max(newest, coalesce(dropped_newest, newest))
                 from (select max(newest) as newest from events_${active} where rowid <= ?))
             where id = 1`,
          )
          .bind(coverage.version, generation, last),
        database.prepare(`delete from events_${active} where rowid <= ?`).bind(last),
      ]);
      rows += last - first + 1;
    }
  }
  const outdated = marks.filter((known) => known.generation !== generation || (mark !== null && known.at < mark.at));
  for (const { at } of outdated) await database.prepare('delete from index_marks where at = ?').bind(at).run();
  return rows;
}

async function readMarks(database: Database): Promise<Mark[]> {
  const { results } = await database
    .prepare('select at, generation, last_row, content, build, pending from index_marks order by at')
    .all<Mark>();
  return results;
}

interface LastRow {
  readonly row: number;
  readonly content: string;
}

async function lastRow(database: Database, slot: Slot): Promise<LastRow | null> {
  const { results } = await database
    .prepare(`select rowid as row, content from events_${slot} order by rowid desc limit 1`)
    .all<LastRow>();
  return results[0] ?? null;
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
