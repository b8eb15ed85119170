/**
 * Builds the timeline: rows of the table that it does not hold yet become a run, and runs of about one size become one.
 * Killed anywhere, nothing has happened since the last version, and the next build goes on from there; what it uploaded
 * and no version names goes with expiry.
 */
import type { Clock, LocalFiles, ObjectStore, Progress, Random } from '../../platform/ports.ts';
import type { TimelineRun, TimelineSnapshot } from '../../schemas/timeline.ts';
import { tableFiles } from '../catalog/files.ts';
import { openLog } from '../catalog/log.ts';
import { openDuckDB } from '../sql/duckdb.ts';
import { expireTimeline } from './expire.ts';
import { isDue, planMerge, planSlices, type Slice } from './plan.ts';
import { merge, takeIn } from './runs.ts';
import { commitTimeline, newestTimeline, readSources, writeSources } from './store.ts';
import type { RunWriter } from './write.ts';

export interface TimelineOptions {
  readonly lake: ObjectStore;
  readonly files: LocalFiles;
  readonly clock: Clock;
  readonly random: Random;
  readonly config: { readonly grace_minutes: number };
  readonly progress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface TimelineResult {
  /** Rows that came in, and rows that say that one is gone. */
  readonly rows: number;
  /** Rows that were written again when runs became one. */
  readonly merged: number;
  /** Version after the build; 0 before the first row. */
  readonly version: number;
  readonly deleted: number;
}

/** `due` waits for rows enough, `anew` throws everything away and makes it again. */
export type BuildMode = 'due' | 'now' | 'anew';

/**
 * Takes in what the table has by now, where that is worth a build, and deletes what no reader needs any more.
 *
 * @throws Error when another one builds too, and whatever the stores or DuckDB throw
 */
export async function buildTimeline(options: TimelineOptions, mode: BuildMode = 'due'): Promise<TimelineResult> {
  const { lake, clock } = options;
  // The timeline first: each build lists the log after the one before it was committed.
  const base = await newestTimeline(lake);
  const log = await openLog(lake);
  const table = await tableFiles(lake, log.snapshot);
  const coverage = {
    table_version: log.snapshot.version,
    as_of: log.snapshot.as_of,
    pending: log.segments.map(({ key }) => key),
  };
  const known = mode === 'anew' ? [] : await readSources(lake, base);
  const plan = planSlices(known, table);
  // What they held cannot be told from what stands in for them any more.
  const isAnew = mode === 'anew' || !(await areThere(lake, plan));
  const taken_in = isAnew ? [] : known;
  const slices = isAnew ? planSlices([], table) : plan;
  const waited = clock.now() - (base?.committed_at ?? 0);
  const isWorth =
    isAnew || mode === 'now' || isDue(slices, base?.runs ?? [], waited) || isSettled(base, slices, coverage);
  const work = new Build(options, base, isAnew);
  const result = isWorth ? await work.run({ slices, taken_in, coverage }) : NOTHING;
  return { ...result, version: work.version, deleted: await expireTimeline(options) };
}

const NOTHING = { rows: 0, merged: 0 };

async function areThere(lake: ObjectStore, slices: readonly Slice[]): Promise<boolean> {
  for (const key of slices.flatMap(({ remove }) => remove)) if ((await lake.head(key)) === null) return false;
  return true;
}

/** The table has no new rows, but the timeline does not say yet that it holds all of this snapshot. */
function isSettled(base: TimelineSnapshot | null, slices: readonly Slice[], { table_version }: Coverage): boolean {
  return base !== null && slices.length === 0 && base.table_version !== table_version;
}

type Coverage = Pick<TimelineSnapshot, 'table_version' | 'as_of' | 'pending'>;

interface Work {
  readonly slices: readonly Slice[];
  /** Keys of the table files whose rows are there. */
  readonly taken_in: readonly string[];
  /** What is there when the slices are in. */
  readonly coverage: Coverage;
}

class Build {
  readonly #options: TimelineOptions;
  /** Whether nothing may be seen before all of it is there. */
  readonly #isAnew: boolean;
  #committed: TimelineSnapshot | null;
  #runs: readonly TimelineRun[];

  constructor(options: TimelineOptions, base: TimelineSnapshot | null, isAnew: boolean) {
    this.#options = options;
    this.#isAnew = isAnew;
    this.#committed = base;
    this.#runs = isAnew ? [] : (base?.runs ?? []);
  }

  get version(): number {
    return this.#committed?.version ?? 0;
  }

  async run({ slices, taken_in, coverage }: Work): Promise<{ rows: number; merged: number }> {
    let rows = 0;
    let merged = 0;
    const sources = new Set(taken_in);
    for (const [place, slice] of slices.entries()) {
      const run = await this.#inDuckDB((writer) => takeIn(this.#options, writer, slice));
      if (run !== null) this.#runs = [run, ...this.#runs];
      rows += run?.rows ?? 0;
      for (const key of slice.remove) sources.delete(key);
      for (const { key } of slice.add) sources.add(key);
      if (place < slices.length - 1 && !this.#isAnew) await this.#commit([...sources], null);
      this.#options.progress?.('parts of the timeline', place + 1, slices.length);
    }
    await this.#commit([...sources], coverage);
    for (let count = planMerge(this.#runs); count > 0; count = planMerge(this.#runs)) {
      const run = await this.#inDuckDB((writer) => merge(this.#options, writer, this.#runs, count));
      this.#runs = [...(run === null ? [] : [run]), ...this.#runs.slice(count)];
      merged += run?.rows ?? 0;
      await this.#commit(null, null);
    }
    return { rows, merged };
  }

  async #inDuckDB<Result>(work: (writer: RunWriter) => Promise<Result>): Promise<Result> {
    const { lake, random, files, signal } = this.#options;
    const { connection, folder, close } = await openDuckDB({ scratch_dir: files.scratch_dir, signal });
    try {
      return await work({ connection, lake, random, folder, signal });
    } finally {
      await close();
    }
  }

  /** @param sources null where they stay. @param coverage null where it holds what it held, if not more */
  async #commit(sources: readonly string[] | null, coverage: Coverage | null): Promise<void> {
    const { lake, clock, random } = this.#options;
    const before = this.#committed;
    const build = before?.build ?? 0;
    const { table_version, as_of, pending } = coverage ?? before ?? { table_version: 0, as_of: null, pending: [] };
    const named = sources === null ? before?.sources : undefined;
    const next: TimelineSnapshot = {
      format: 1,
      version: (before?.version ?? 0) + 1,
      committed_at: Math.max(clock.now(), before?.committed_at ?? 0),
      build: coverage === null ? build : build + 1,
      ...{ table_version, as_of, pending },
      sources: named ?? (await writeSources(lake, random, sources ?? [])),
      runs: this.#runs,
    };
    await commitTimeline(lake, next);
    this.#committed = next;
  }
}
