/**
 * Following the log where each request runs by itself, as in workerd: no request may wait for what another one began, and one
 * whose reader is gone stops in the middle of whatever it does. So followers share nothing but plain data. Each has a loop of
 * its own; whichever comes first when a look is due looks for all, and leaves what it read where the others pick it up.
 * Whoever does not come any more is forgotten, and its work taken over.
 */
import { readRows } from '../../lakehouse/append/read.ts';
import type { Follow } from '../../query/live/live.ts';
import type { EventRow } from '../../schemas/columns.ts';
import type { Clock, ObjectStore } from '../ports.ts';
import { recentSegments } from './poll-segments.ts';

export interface TailPorts {
  readonly lake: ObjectStore;
  readonly clock: Clock;
  /** A number that changes when a segment was stored, and is cheap to ask for. */
  readonly probe: () => Promise<number>;
  /** Told of what could not be read. */
  readonly report: (fault: unknown) => void;
}

/** From one look to the next: longer and longer while nothing comes. */
const LOOK_MS = { least: 1_000, most: 4_000 };
/** While something waits to be read or picked up. */
const BUSY_MS = 200;
/** Listing costs a thousand times what a probe does: not more often than this, however much comes. */
const LIST_MS_MIN = 2_000;
/** Whatever the probe says: a segment that the hot index could not take in does not change it. */
const LIST_MS_MAX = 60_000;
/** A look that takes longer is given up by the others; its request is gone, as a rule. */
const LEAD_MS = 10_000;
/** A follower that does not come for so long has no reader any more. */
const GONE_MS = 30_000;
/** Segments that wait to be read; beyond, rows come faster than they can be read. */
const WAITING_MAX = 200;

interface Follower {
  readonly receive: (rows: readonly EventRow[]) => void;
  readonly lost: () => void;
  /** Read by whoever looks, and not picked up yet. */
  readonly inbox: (readonly EventRow[])[];
  readonly since: number;
  seenAt: number;
  isOpen: boolean;
  isLost: boolean;
}

export function followInIsolate(ports: TailPorts): Follow {
  const tail = new IsolateTail(ports);
  return (receive, lost) => tail.follow(receive, lost);
}

class IsolateTail {
  readonly #ports: TailPorts;
  readonly #followers = new Set<Follower>();
  /** Segments that wait to be read. */
  #waiting: string[] = [];
  /** Of the last list; null before the first. */
  #known: ReadonlySet<string> | null = null;
  #probed: number | null = null;
  #hasChanged = false;
  #listedAt = Number.NEGATIVE_INFINITY;
  #interval = LOOK_MS.least;
  #dueAt = Number.NEGATIVE_INFINITY;
  #lead: { readonly until: number } | null = null;

  constructor(ports: TailPorts) {
    this.#ports = ports;
  }

  follow(receive: Follower['receive'], lost: Follower['lost']): () => void {
    const since = this.#ports.clock.now();
    const follower: Follower = { receive, lost, inbox: [], since, seenAt: since, isOpen: true, isLost: false };
    this.#forgetGone();
    if (this.#followers.size === 0) this.#begin();
    this.#followers.add(follower);
    void this.#run(follower);
    return () => {
      follower.isOpen = false;
      this.#followers.delete(follower);
    };
  }

  /** What was known before the first follower tells nothing of what came since. */
  #begin(): void {
    this.#waiting = [];
    this.#known = null;
    this.#probed = null;
    this.#hasChanged = false;
    this.#listedAt = Number.NEGATIVE_INFINITY;
    this.#interval = LOOK_MS.least;
    this.#dueAt = Number.NEGATIVE_INFINITY;
    this.#lead = null;
  }

  /** In the request of the follower. */
  async #run(follower: Follower): Promise<void> {
    const { clock, report } = this.#ports;
    while (follower.isOpen) {
      follower.seenAt = clock.now();
      await this.#lookIfDue().catch(report);
      for (let rows = follower.inbox.shift(); rows !== undefined && follower.isOpen; rows = follower.inbox.shift()) {
        follower.receive(rows);
      }
      if (follower.isLost && follower.isOpen) {
        this.#followers.delete(follower);
        follower.isOpen = false;
        follower.lost();
      }
      if (follower.isOpen) await clock.sleep(this.#isBusy() ? BUSY_MS : LOOK_MS.least);
    }
  }

  #isBusy(): boolean {
    return this.#waiting.length > 0 || [...this.#followers].some(({ inbox }) => inbox.length > 0);
  }

  async #lookIfDue(): Promise<void> {
    const { clock } = this.#ports;
    const now = clock.now();
    if (this.#lead !== null && now < this.#lead.until) return;
    if (this.#waiting.length === 0 && now < this.#dueAt) return;
    const lead = { until: now + LEAD_MS };
    this.#lead = lead;
    try {
      if (this.#waiting.length === 0) {
        await this.#look(now);
        this.#dueAt = clock.now() + this.#interval;
      }
      await this.#readNext();
    } finally {
      if (this.#lead === lead) this.#lead = null;
    }
  }

  async #look(now: number): Promise<void> {
    this.#forgetGone();
    // Before the list: what is stored after it changes the next one.
    const probed = await this.#ask();
    this.#hasChanged ||= probed === null || probed !== this.#probed;
    this.#probed = probed;
    const isDue = this.#hasChanged ? now - this.#listedAt >= LIST_MS_MIN : now - this.#listedAt >= LIST_MS_MAX;
    const before = this.#waiting.length;
    if (isDue) await this.#list(now);
    if (this.#waiting.length > before || this.#hasChanged) this.#interval = LOOK_MS.least;
    else this.#interval = Math.min(LOOK_MS.most, this.#interval * 2);
  }

  /** Null where it cannot be told: then it is listed. */
  async #ask(): Promise<number | null> {
    try {
      return await this.#ports.probe();
    } catch (fault) {
      this.#ports.report(fault);
      return null;
    }
  }

  async #list(now: number): Promise<void> {
    const segments = await recentSegments(this.#ports.lake, now);
    const known = this.#known;
    const start = Math.min(...[...this.#followers].map(({ since }) => since));
    this.#known = new Set(segments.map(({ key }) => key));
    this.#listedAt = now;
    this.#hasChanged = false;
    for (const { key, uploaded } of segments.toSorted((a, b) => a.uploaded.getTime() - b.uploaded.getTime())) {
      if (known === null ? uploaded.getTime() >= start : !known.has(key)) this.#waiting.push(key);
    }
    if (this.#waiting.length <= WAITING_MAX) return;
    this.#waiting = [];
    for (const follower of this.#followers) follower.isLost = true;
  }

  /** One at a time, and only once all have picked up the one before: so much is held for all of them together. */
  async #readNext(): Promise<void> {
    this.#forgetGone();
    if ([...this.#followers].some(({ inbox }) => inbox.length > 0)) return;
    const key = this.#waiting[0];
    if (key === undefined) return;
    try {
      for await (const rows of readRows(this.#ports.lake, key)) {
        for (const { inbox } of this.#followers) inbox.push(rows);
      }
    } catch (fault) {
      this.#ports.report(fault);
    }
    // Only now: when this request ends meanwhile, another one reads it again, and copies are left out.
    if (this.#waiting[0] === key) this.#waiting.shift();
  }

  #forgetGone(): void {
    const oldest = this.#ports.clock.now() - GONE_MS;
    for (const follower of this.#followers) {
      if (follower.seenAt >= oldest) continue;
      this.#followers.delete(follower);
      follower.isOpen = false;
      follower.lost();
    }
  }
}
