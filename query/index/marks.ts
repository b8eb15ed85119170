/**
 * How far each database of the hot index reached at some time: its last row, then which segments wait for the table.
 * Whatever is in a row up to that one, its segment was in the log by then. Marks of all databases are in the first one.
 */
import type { Database, HotIndex } from '../../platform/ports.ts';
import { databaseOf } from './shards.ts';
import { readState, type Slot, shardsIn } from './state.ts';

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

/** By time. */
export async function readMarks(database: Database): Promise<Mark[]> {
  const { results } = await database
    .prepare('select at, shard, generation, last_row, content, build, pending from index_marks order by at')
    .all<Mark>();
  return results;
}

export async function forgetMarks(database: Database, marks: readonly Mark[]): Promise<void> {
  const forget = database.prepare('delete from index_marks where at = ? and shard = ?');
  for (const { at, shard } of marks) await forget.bind(at, shard).run();
}

export interface LastRow {
  readonly row: number;
  readonly content: string;
}

export async function lastRow(database: Database, slot: Slot): Promise<LastRow | null> {
  const { results } = await database
    .prepare(`select rowid as row, content from events_${slot} order by rowid desc limit 1`)
    .all<LastRow>();
  return results[0] ?? null;
}
