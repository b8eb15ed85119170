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

/** How long a list of versions is taken to be the newest, milliseconds. */
const FRESH_MS = 5_000;
const SNAPSHOTS_KEPT = 4;
/** Lists of row groups that are kept: 40 KB each in memory, about. */
const GROUPS_KEPT = 256;
/** Most that a list of row groups inflates to, bytes: a thousand times a thousand rows. */
const GROUPS_BYTES_MAX = 16_777_216;

/** What a version names is gone: it has expired while it was read. */
export class TimelineGoneError extends Error {
  override readonly name = 'TimelineGoneError';
}

/** Keeps what it has read of immutable objects, within bounds. */
export class TimelineFiles {
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

  /**
   * The version that a reading began with while it is stored, else the newest one; never one from before `least`.
   *
   * @param wanted 0 for the newest
   * @returns null where there is none
   * @throws TimelineGoneError where versions go faster than they can be read
   */
  async choose(wanted: number, least: number): Promise<TimelineSnapshot | null> {
    await this.#list();
    if (Math.max(0, ...this.#versions) < least) await this.#list(true);
    const newest = Math.max(0, ...this.#versions);
    if (newest < least) throw new TimelineGoneError(`The timeline has lost version ${least}`);
    const version = wanted >= least && this.#versions.has(wanted) ? wanted : newest;
    return version === 0 ? null : this.#snapshot(version);
  }

  /** Forgets which versions there are. */
  refresh(): void {
    this.#listedAt = Number.NEGATIVE_INFINITY;
  }

  async #list(now = false): Promise<void> {
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

  /** @throws TimelineGoneError */
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

  /** @throws TimelineGoneError */
  async range({ key }: TimelineFile, offset: number, length: number): Promise<ArrayBuffer> {
    const object = await this.#lake.get(key, { range: { offset, length } });
    if (object === null) throw new TimelineGoneError(`${key} is gone`);
    return object.arrayBuffer();
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
