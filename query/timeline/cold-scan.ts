import type { TimelineFile, TimelineGroups, TimelineSnapshot } from '../../schemas/timeline.ts';
import { eventOf } from '../index/hot-events.ts';
import type { Copy } from '../resolve/copy.ts';
import type { Chunk, Scan } from '../resolve/merged-scan.ts';
import type { Order } from '../resolve/position.ts';
import type { TimelineSource } from './files.ts';
import { fileOf, type GroupRange, groupsOfUser } from './groups.ts';

/** Row groups that are read from one file at a time: more when the ones before were not enough. */
const GROUPS_AT_ONCE = { first: 1, most: 4 };
/** So few are read at once: most users' events lie in one group, or on both sides of where one ends. */
const GROUPS_FEW = 2;
/** A byte of a file becomes so many characters, about. */
const CHARACTERS_PER_BYTE = 6;
/** What looking into a row group costs beside the rows of the user. */
const ROWS_PER_GROUP = 16;

/** One run of the timeline, and how far it is read. */
interface RunReading {
  /** 0 is the youngest. */
  readonly age: number;
  readonly file: TimelineFile;
  readonly groups: TimelineGroups;
  left: GroupRange;
  atOnce: number;
  frontier: number;
}

interface Held {
  readonly age: number;
  readonly gone: boolean;
  readonly copy: Copy;
}

/**
 * Events of one user in the files of the timeline between `newest` and `oldest`, both included, epoch milliseconds. Of
 * each row the youngest run that has it says whether it is still there.
 */
export class ColdScan implements Scan {
  readonly start: number;
  readonly #source: TimelineSource;
  readonly #snapshot: TimelineSnapshot;
  readonly #user: string;
  readonly #newest: number;
  readonly #oldest: number;
  readonly #isNewest: boolean;
  #runs: RunReading[] | null = null;
  #held: Held[] = [];

  constructor(
    source: TimelineSource,
    snapshot: TimelineSnapshot,
    user: string,
    newest: number,
    oldest: number,
    order: Order = 'newest',
  ) {
    this.#source = source;
    this.#snapshot = snapshot;
    this.#user = user;
    this.#newest = newest;
    this.#oldest = oldest;
    this.#isNewest = order === 'newest';
    this.start = this.#isNewest ? newest : oldest;
  }

  async next(): Promise<Chunk | null> {
    const runs = this.#runs ?? (await this.#open());
    this.#runs = runs;
    const open = runs.filter(({ left }) => left.start < left.end);
    if (open.length === 0 && this.#held.length === 0) return null;
    const hindmost = this.#frontierOf(open);
    const due = open.filter(({ frontier }) => frontier === hindmost);
    const read = await Promise.all(due.map((run) => this.#step(run)));
    const copies = this.#settle(this.#frontierOf(runs));
    return {
      copies,
      rows: read.reduce((sum, { rows }) => sum + rows, 0),
      characters: read.reduce((sum, { bytes }) => sum + bytes * CHARACTERS_PER_BYTE, 0),
      frontier: this.#frontierOf(runs),
    };
  }

  async #open(): Promise<RunReading[]> {
    const readings = this.#snapshot.runs.map(async (run, age): Promise<RunReading | null> => {
      if (run.oldest > this.#newest || run.newest < this.#oldest) return null;
      const file = fileOf(run, this.#user);
      if (file === null) return null;
      const groups = await this.#source.groups(file);
      const left = groupsOfUser(groups.groups, this.#user, this.#oldest, this.#newest);
      const frontier = this.#isNewest ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
      return { age, file, groups, left, atOnce: GROUPS_AT_ONCE.first, frontier };
    });
    return (await Promise.all(readings)).filter((reading) => reading !== null);
  }

  /** Reads the next row groups of a run, which lie one behind the other. */
  async #step(run: RunReading): Promise<{ rows: number; bytes: number }> {
    const { left, groups, file, age } = run;
    const all = left.end - left.start;
    const count = all <= GROUPS_FEW ? all : Math.min(run.atOnce, all);
    const start = this.#isNewest ? left.end - count : left.start;
    const { rows, bytes } = await this.#source.rows({
      ...{ file, groups, start, count },
      ...{ user: this.#user, oldest: this.#oldest, newest: this.#newest },
    });
    for (const row of rows) {
      const event = eventOf(row);
      const copy = { event, stamp: event.stamp, characters: event.characters, isCold: true };
      this.#held.push({ age, gone: row.gone, copy });
    }
    run.left = this.#isNewest ? { start: left.start, end: start } : { start: start + count, end: left.end };
    run.atOnce = Math.min(GROUPS_AT_ONCE.most, run.atOnce * 2);
    const next = groups.groups[this.#isNewest ? start : start + count];
    run.frontier = next?.timestamp ?? 0;
    return { rows: rows.length + count * ROWS_PER_GROUP, bytes };
  }

  /** Of runs that are not read to their end. */
  #frontierOf(runs: readonly RunReading[]): number {
    const frontiers = runs.filter(({ left }) => left.start < left.end).map(({ frontier }) => frontier);
    return this.#isNewest ? Math.max(...frontiers) : Math.min(...frontiers);
  }

  /** Takes out what no unread row can say anything about. */
  #settle(frontier: number): Copy[] {
    const isSettled = ({ copy }: Held): boolean =>
      this.#isNewest ? copy.event.timestamp > frontier : copy.event.timestamp < frontier;
    const youngest = new Map<string, Held>();
    for (const held of this.#held.filter(isSettled)) {
      const known = youngest.get(held.copy.stamp);
      if (known === undefined || held.age < known.age) youngest.set(held.copy.stamp, held);
    }
    this.#held = this.#held.filter((held) => !isSettled(held));
    return [...youngest.values()].filter(({ gone }) => !gone).map(({ copy }) => copy);
  }
}
