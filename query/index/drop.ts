/**
 * Rows leave the hot index when they have been there for the hot window and the timeline holds them. That it does is
 * proved without clocks. A mark notes the last row of a database, then which segments wait for the table: whatever is in a
 * row up to that one, its segment was in the log by then. A build of the timeline that began after the mark, and for which
 * none of those segments still waited, holds them all. Marks of all databases are in the first one.
 */
import type { Database, HotIndex } from '../../platform/ports.ts';
import { databaseOf } from './shards.ts';
import { type IndexState, readState, type Slot, shardsOf } from './state.ts';

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
  /** Whose rows. */
  readonly shard: number;
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
  index: HotIndex,
  now: number,
  build: number,
  listPending: () => Promise<readonly string[]>,
): Promise<void> {
  const state = await readState(index);
  const { active, building, generation } = state;
  if (building !== null) return;
  const marks = (await readMarks(index)).filter((mark) => mark.generation === generation);
  const newest = marks.at(-1);
  if (newest !== undefined && now - newest.at < MARK_EVERY_MS) return;
  const lasts: (LastRow & { readonly shard: number })[] = [];
  for (const shard of shardsIn(state)) {
    const last = await lastRow(databaseOf(index, shard), active);
    const marked = marks.findLast((mark) => mark.shard === shard);
    if (last !== null && last.content !== marked?.content) lasts.push({ ...last, shard });
  }
  if (lasts.length === 0) return;
  const pending = await listPending();
  if (pending.length > PENDING_MAX) return;
  const insert = index.prepare(
    `insert into index_marks (at, shard, generation, last_row, content, build, pending) values (?,?,?,?,?,?,?)
     on conflict do nothing`,
  );
  const waiting = JSON.stringify(pending);
  await index.batch(
    lasts.map(({ shard, row, content }) => insert.bind(now, shard, generation, row, content, build, waiting)),
  );
}

/** The newest mark that is that old and whose rows the timeline holds. Pure. @param marks of one database, by time */
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
    outdated.push(...own.filter(({ at }) => at < mark.at));
  }
  const forget = index.prepare('delete from index_marks where at = ? and shard = ?');
  for (const { at, shard } of outdated) await forget.bind(at, shard).run();
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

/** Fails its whole batch where the generation is not that one any more. */
function onlyInGeneration(value: string): string {
  return `generation = case generation when ${value} then generation end`;
}

function shardsIn(state: IndexState): number[] {
  return Array.from({ length: shardsOf(state, state.active) }, (_, shard) => shard);
}

/** By time. */
async function readMarks(database: Database): Promise<Mark[]> {
  const { results } = await database
    .prepare('select at, shard, generation, last_row, content, build, pending from index_marks order by at')
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

/** Time of the newest event in the rows up to that one, epoch milliseconds. */
async function newestUpTo(database: Database, slot: Slot, last: number): Promise<number> {
  const { results } = await database
    .prepare(`select max(newest) as newest from events_${slot} where rowid <= ?`)
    .bind(last)
    .all<{ newest: number }>();
  return results[0]?.newest ?? 0;
}
