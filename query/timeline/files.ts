/** The timeline in object storage, as a reader sees it. */
import { gunzipSync } from 'node:zlib';
import type { Clock, ObjectStore } from '../../platform/ports.ts';
import {
  groupsKey,
  TIMELINE_VERSIONS,
  type TimelineFile,
  type TimelineGroups,
  type TimelineSnapshot,
  timelineVersion,
  timelineVersionKey,
} from '../../schemas/timeline.ts';
import { parseTimelineGroups, parseTimelineSnapshot } from '../../schemas/timeline-parse.ts';
import { rowsOfUser, type TimelineRow } from './rows.ts';

/** How long a list of versions is taken to be the newest, milliseconds. */
const FRESH_MS = 30_000;
const SNAPSHOTS_KEPT = 4;
/** Lists of row groups that are kept: 40 KB each in memory, about. */
const GROUPS_KEPT = 256;
/** Most that a list of row groups inflates to, bytes: a thousand times a thousand rows. */
const GROUPS_BYTES_MAX = 16_777_216;

/** What a version names is gone: it has expired while it was read. */
export class TimelineGoneError extends Error {
  override readonly name = 'TimelineGoneError';
}

/** Row groups of one file, one behind the other, and what of them is wanted. */
export interface RowsWanted {
  readonly file: TimelineFile;
  readonly groups: TimelineGroups;
  /** The first of them, and how many. */
  readonly start: number;
  readonly count: number;
  readonly user: string;
  /** Both included, epoch milliseconds. */
  readonly oldest: number;
  readonly newest: number;
}

/** Where timelines are read from beside the hot index. */
export interface TimelineSource {
  /** Looks which versions there are, where that was not done just now. */
  renew(): Promise<void>;
  /**
   * A version that was stored when that was looked for, and not from before `least`.
   *
   * @param wanted the version that a reading began with, 0 where there was none; null for the newest
   * @returns the wanted one, else the newest; null where there was none or is none
   * @throws TimelineGoneError
   */
  choose(wanted: number | null, least: number): Promise<TimelineSnapshot | null>;
  /** Forgets which versions there are. */
  refresh(): void;
  /** @throws TimelineGoneError */
  groups(file: TimelineFile): Promise<TimelineGroups>;
  /** @throws TimelineGoneError */
  rows(wanted: RowsWanted): Promise<{ readonly rows: readonly TimelineRow[]; readonly bytes: number }>;
}

/** Keeps what it has read of immutable objects, within bounds. */
export class TimelineFiles implements TimelineSource {
  readonly #lake: ObjectStore;
  readonly #clock: Clock;
  readonly #snapshots = new Map<number, TimelineSnapshot>();
  readonly #groups = new Map<string, TimelineGroups>();
  #versions: ReadonlySet<number> = new Set();
  #listedAt = Number.NEGATIVE_INFINITY;

  constructor({ lake, clock }: { readonly lake: ObjectStore; readonly clock: Clock }) {
    this.#lake = lake;
    this.#clock = clock;
  }

  async renew(): Promise<void> {
    // A store that is away is told of by whoever needs it: the index may hold all that is asked for.
    await this.#list(false).catch(() => {});
  }

  async choose(wanted: number | null, least: number): Promise<TimelineSnapshot | null> {
    if (wanted === 0 && least === 0) return null;
    if (Math.max(0, ...this.#versions) < least) await this.#list(true);
    const newest = Math.max(0, ...this.#versions);
    if (newest < least) throw new TimelineGoneError(`The timeline has lost version ${least}`);
    const version = wanted !== null && wanted >= least && this.#versions.has(wanted) ? wanted : newest;
    return version === 0 ? null : this.#snapshot(version);
  }

  refresh(): void {
    this.#listedAt = Number.NEGATIVE_INFINITY;
  }

  async #list(now: boolean): Promise<void> {
    if (!now && this.#clock.now() - this.#listedAt < FRESH_MS) return;
    const listedAt = this.#clock.now();
    const versions = new Set<number>();
    let cursor: string | undefined;
    do {
      const page = await this.#lake.list({ prefix: TIMELINE_VERSIONS, ...(cursor === undefined ? {} : { cursor }) });
      for (const { key } of page.objects) versions.add(timelineVersion(key) ?? 0);
      cursor = page.truncated ? page.cursor : undefined;
    } while (cursor !== undefined);
    this.#versions = versions;
    this.#listedAt = listedAt;
  }

  async #snapshot(version: number): Promise<TimelineSnapshot> {
    const known = this.#snapshots.get(version);
    if (known !== undefined) return known;
    const object = await this.#lake.get(timelineVersionKey(version));
    if (object === null) throw new TimelineGoneError(`Version ${version} of the timeline is gone`);
    const snapshot = parseTimelineSnapshot(await object.text());
    keepFew(this.#snapshots, version, snapshot, SNAPSHOTS_KEPT);
    return snapshot;
  }

  async groups({ key }: TimelineFile): Promise<TimelineGroups> {
    const known = this.#groups.get(key);
    if (known !== undefined) {
      keepFew(this.#groups, key, known, GROUPS_KEPT);
      return known;
    }
    const object = await this.#lake.get(groupsKey(key));
    if (object === null) throw new TimelineGoneError(`${groupsKey(key)} is gone`);
    const text = gunzipSync(await object.arrayBuffer(), { maxOutputLength: GROUPS_BYTES_MAX }).toString();
    const groups = parseTimelineGroups(text);
    keepFew(this.#groups, key, groups, GROUPS_KEPT);
    return groups;
  }

  async rows({ file, groups, start, count, user, oldest, newest }: RowsWanted) {
    const some = groups.groups.slice(start, start + count);
    const offset = some[0]?.offset ?? 0;
    const last = some.at(-1);
    const end = (last?.offset ?? 0) + (last?.lengths.reduce((sum, bytes) => sum + bytes, 0) ?? 0);
    const object = await this.#lake.get(file.key, { range: { offset, length: end - offset } });
    if (object === null) throw new TimelineGoneError(`${file.key} is gone`);
    const fetched = { groups: some, start: offset, bytes: await object.arrayBuffer() };
    return { rows: await rowsOfUser(groups, fetched, user, oldest, newest), bytes: end - offset };
  }
}

/** The one that was used longest ago goes. */
function keepFew<Key, Value>(kept: Map<Key, Value>, key: Key, value: Value, most: number): void {
  kept.delete(key);
  kept.set(key, value);
  for (const oldest of kept.keys()) {
    if (kept.size <= most) return;
    kept.delete(oldest);
  }
}
