/** Inlet on the tip of a pen: a log, a table, a timeline and the real hot index, for thousands of small histories. */
import { planMerge } from '../../lakehouse/timeline/plan.ts';
import type { Database, HotIndex } from '../../platform/ports.ts';
import { dropRows } from '../../query/index/drop.ts';
import { stampOf } from '../../query/index/identity.ts';
import { markRows } from '../../query/index/marks.ts';
import { finishRebuild, startRebuild, writeToSlot } from '../../query/index/rebuild.ts';
import { sortIndex } from '../../query/index/sort.ts';
import { bucketOf } from '../../query/index/users.ts';
import { writeRows } from '../../query/index/write.ts';
import { TimelineGoneError, type TimelineSource } from '../../query/timeline/files.ts';
import type { TimelineRow } from '../../query/timeline/rows.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { RETRACTION_TYPE } from '../../schemas/event.ts';
import type { TimelineGroups, TimelineRun, TimelineSnapshot } from '../../schemas/timeline.ts';
import { winners } from '../equivalence/timeline.model.ts';
import { MINUTE_MS, T0 } from '../query/rows.ts';

/** An empty index whose events lie on so many databases. */
export type OpenIndex = (shards: number) => Promise<HotIndex>;

export const GRACE_MS = 60 * MINUTE_MS;
/** So few rows in a group that users fill several. */
const GROUP_ROWS = 3;

interface Segment {
  readonly key: string;
  readonly rows: readonly EventRow[];
  isConsumed: boolean;
}

export class PagingWorld {
  readonly index: HotIndex;
  readonly source: TimelineSource;
  readonly #log: Segment[] = [];
  readonly #versions: TimelineSnapshot[] = [];
  readonly #files = new Map<string, readonly TimelineRow[]>();
  #runs: TimelineRow[][] = [];
  #now = T0 + 10 * 86_400_000;
  #build = 0;

  constructor(index: HotIndex) {
    this.index = index;
    this.source = this.#createSource();
  }

  /** Rows that have arrived so far. */
  get rows(): EventRow[] {
    return this.#log.flatMap(({ rows }) => rows);
  }

  /** A segment, and its rows in the index. */
  async arrive(rows: readonly EventRow[]): Promise<void> {
    this.arriveUnseen(rows);
    await writeRows(this.index, rows);
  }

  /** A segment that the index has missed. */
  arriveUnseen(rows: readonly EventRow[]): void {
    this.#log.push({ key: `segment ${this.#log.length}`, rows, isConsumed: false });
  }

  /** The table takes in the oldest segments, and the timeline what the table has. */
  build(segments: number): void {
    this.#now += 1_000;
    for (const segment of this.#log.filter(({ isConsumed }) => !isConsumed).slice(0, segments))
      segment.isConsumed = true;
    const table = new Map(this.table().map((row) => [stampOfRow(row), row]));
    const held = new Map(this.#live().map((row) => [stampOfRow(row), row]));
    const came = [...table].filter(([stamp]) => !held.has(stamp)).map(([, row]) => ({ ...row, gone: false }));
    const went = [...held].filter(([stamp]) => !table.has(stamp)).map(([, row]) => ({ ...row, gone: true }));
    if (came.length + went.length > 0) this.#runs = [[...came, ...went], ...this.#runs];
    this.#build += 1;
    this.#commit();
  }

  /** @param count of the youngest runs that become one; null for as many as the plan says */
  merge(count: number | null): void {
    const most = count ?? planMerge(this.#runs.map((rows) => runOf(rows)));
    if (most < 2) return;
    const merged = this.#runs.slice(0, most);
    const rest = this.#runs.slice(most);
    const rows = youngest(merged).filter(({ gone }) => !gone || rest.length > 0);
    this.#runs = [...(rows.length > 0 ? [rows] : []), ...rest];
    this.#commit();
  }

  /** Versions that were replaced before the grace period go. */
  expire(minutes: number): void {
    this.#now += minutes * MINUTE_MS;
    while ((this.#versions[1]?.committed_at ?? Number.POSITIVE_INFINITY) <= this.#now - GRACE_MS) {
      const gone = this.#versions.shift();
      const named = new Set(this.#versions.flatMap(keysOf));
      for (const key of gone === undefined ? [] : keysOf(gone)) if (!named.has(key)) this.#files.delete(key);
    }
  }

  /** What `tendHotWindow` does. @param index the same, by another way */
  async drop(index: HotIndex = this.index): Promise<number> {
    const pending = this.#log.filter(({ isConsumed }) => !isConsumed).map(({ key }) => key);
    await markRows(index, this.#now, this.#build, async () => pending);
    const [oldest] = this.#versions;
    return oldest === undefined ? 0 : dropRows(index, this.#now, oldest);
  }

  /** Eras are full at once, and sorted in small portions. */
  async sort(steps: number): Promise<void> {
    for (let step = 0; step < steps; step += 1) await sortIndex(this.index, { era_rows: 1, rows_at_once: 2 });
  }

  /** Makes the index again, from what the table has and what waits for it. */
  async rebuild(): Promise<void> {
    const rebuild = await startRebuild(this.index);
    const waiting = this.#log.filter(({ isConsumed }) => !isConsumed).flatMap(({ rows }) => rows);
    await writeToSlot(this.index, rebuild, winners(this.#consumed()));
    await writeToSlot(this.index, rebuild, waiting);
    await finishRebuild(this.index, rebuild);
  }

  /** Events of the table, all of which the timeline holds. */
  table(): EventRow[] {
    return winners(this.#consumed()).filter(({ type }) => type !== RETRACTION_TYPE);
  }

  #consumed(): EventRow[] {
    return this.#log.filter(({ isConsumed }) => isConsumed).flatMap(({ rows }) => rows);
  }

  #live(): TimelineRow[] {
    return youngest(this.#runs).filter(({ gone }) => !gone);
  }

  #commit(): void {
    const version = (this.#versions.at(-1)?.version ?? 0) + 1;
    const runs = this.#runs.map((rows, place) => {
      const key = `${version}/${place}`;
      this.#files.set(key, rows.toSorted(compareRows));
      return runOf(rows, key);
    });
    const pending = this.#log.filter(({ isConsumed }) => !isConsumed).map(({ key }) => key);
    const coverage = { build: this.#build, table_version: this.#build, as_of: null, pending };
    this.#versions.push({ format: 1, version, committed_at: this.#now, ...coverage, sources: '', runs });
  }

  #createSource(): TimelineSource {
    const rowsAt = (key: string): readonly TimelineRow[] => {
      const rows = this.#files.get(key);
      if (rows === undefined) throw new TimelineGoneError(key);
      return rows;
    };
    return {
      renew: async () => {},
      refresh: () => {},
      choose: async (wanted, least) => {
        if (wanted === 0 && least === 0) return null;
        const stored = this.#versions.find(({ version }) => version === wanted && version >= least);
        const chosen = stored ?? this.#versions.at(-1) ?? null;
        if ((chosen?.version ?? 0) < least) throw new TimelineGoneError('dropped too much');
        return chosen;
      },
      groups: async ({ key }) => groupsOf(rowsAt(key)),
      rows: async ({ file, start, count, user, oldest, newest }) => ({
        rows: rowsAt(file.key)
          .slice(start * GROUP_ROWS, (start + count) * GROUP_ROWS)
          .filter((row) => row.user_key === user && row.timestamp >= oldest && row.timestamp <= newest),
        bytes: 1,
      }),
    };
  }
}

function youngest(runs: readonly TimelineRow[][]): TimelineRow[] {
  const rows = new Map<string, TimelineRow>();
  for (const row of runs.flat()) if (!rows.has(stampOfRow(row))) rows.set(stampOfRow(row), row);
  return [...rows.values()];
}

function stampOfRow({ received_at, pack_id, pack_index }: TimelineRow | EventRow): string {
  return stampOf(received_at, pack_id, pack_index);
}

function keysOf({ runs }: TimelineSnapshot): string[] {
  return runs.flatMap(({ files }) => files).map(({ key }) => key);
}

function runOf(rows: readonly TimelineRow[], key = ''): TimelineRun {
  const times = rows.map(({ timestamp }) => timestamp);
  const counts = { rows: rows.length, gone: rows.filter(({ gone }) => gone).length };
  const file = { key, bytes: 1, rows: rows.length, first_bucket: 0, last_bucket: 1_023 };
  return { ...counts, oldest: Math.min(...times), newest: Math.max(...times), files: [file] };
}

function groupsOf(rows: readonly TimelineRow[]): TimelineGroups {
  const firsts = rows.filter((_, place) => place % GROUP_ROWS === 0);
  const groups = firsts.map(({ user_key, timestamp }) => ({
    ...{ rows: GROUP_ROWS, bucket: bucketOf(user_key), user_key, timestamp },
    ...{ offset: 0, lengths: [], types: null },
  }));
  return { schema: [], codec: '', groups };
}

function compareRows(left: TimelineRow, right: TimelineRow): number {
  return (
    bucketOf(left.user_key) - bucketOf(right.user_key) ||
    compareText(left.user_key, right.user_key) ||
    left.timestamp - right.timestamp ||
    compareText(left.source, right.source) ||
    compareText(left.message_id, right.message_id) ||
    compareText(stampOfRow(left), stampOfRow(right))
  );
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** These databases as one index without any event, in both slots. */
export async function emptied([first, ...beside]: readonly Database[]): Promise<HotIndex> {
  if (first === undefined) throw new Error('no database');
  for (const database of [first, ...beside]) {
    const { results } = await database
      .prepare("select name from sqlite_schema where name glob '*_[ab]' or name = 'index_marks'")
      .all<{ name: string }>();
    await database.batch([
      ...results.map(({ name }) => database.prepare(`delete from ${name}`)),
      database
        .prepare(
          `update index_state set active = 'a', building = null, generation = 0, sequence = 0, dropped = 0,
             dropped_newest = null, shards_a = ?1, shards_b = ?1,
             era_a = 0, era_b = 0, sorted_a = 0, sorted_b = 0`,
        )
        .bind(1 + beside.length),
    ]);
  }
  return { prepare: (sql) => first.prepare(sql), batch: (statements) => first.batch(statements), beside };
}
