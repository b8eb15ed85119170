/** What keeps the hot index whole: run by the cron on Cloudflare, by a timer on Bun. */
import { emptyUnused } from '../../query/index/emptying.ts';
import { abandonRebuild, releaseSlot } from '../../query/index/rebuild.ts';
import { isJsonObject } from '../../schemas/event.ts';
import type { Clock, Database, HotIndex, ObjectStore, Progress } from '../ports.ts';
import { beginRebuild, canContinue, continueRebuild, parseRebuildState, type RebuildState } from './rebuild.ts';
import { workOffMarkers } from './reindex.ts';

const REBUILD = 'requests/rebuild';
/** A rebuild that has said nothing for this long was killed: the next one starts over. */
const CLAIM_MS = 30 * 60_000;

/** Asks for a rebuild, from a host that has the lake but not the index. Asking twice is asking once. */
export async function requestRebuild(lake: ObjectStore): Promise<void> {
  await lake.put(REBUILD, JSON.stringify({ claimedAt: null, state: null }), { onlyIf: { etagDoesNotMatch: '*' } });
}

/** Of one call. */
export interface RebuildBounds {
  readonly milliseconds: number;
  /** Batches of statements for the hot index. */
  readonly batches: number;
}

const UNBOUNDED: RebuildBounds = { milliseconds: Number.POSITIVE_INFINITY, batches: Number.POSITIVE_INFINITY };
/** Of emptying a slot that nobody waits for, where the rebuild itself has no bounds: then a process waits for its end. */
const UNHURRIED: RebuildBounds = { milliseconds: 2_000, batches: 50 };

/**
 * After a portion that was emptied, about as long as it took: SQLite has no queue of writers. Without it a consumer was seen to
 * wait for 3 seconds beside portions of 13 ms; it gives up after 5. With it, a tenth of a second.
 */
const PAUSE_MS = 20;

export interface TendPorts {
  readonly lake: ObjectStore;
  readonly index: HotIndex;
  readonly clock: Clock;
}

/**
 * Rebuilds the hot index where that was asked for, takes in the segments that it missed, and empties the slot that a
 * rebuild has left.
 *
 * @param bounds how much of a rebuild and of emptying this call does, about; a later call goes on with it
 */
export async function tendIndex(ports: TendPorts, bounds: RebuildBounds = UNBOUNDED): Promise<void> {
  const work = boundedWork(ports, bounds);
  const request = await claim(ports);
  if (request !== null) await runClaimed(ports, request, work);
  await workOffMarkers(ports.lake, ports.index);
  const rest = bounds === UNBOUNDED ? boundedWork(ports, UNHURRIED) : work;
  if (!rest.isOver()) await emptyUnused(ports.index, rest.afterPortion);
}

/**
 * Rebuilds the hot index now, by this process.
 *
 * @param progress what it throws ends the rebuild; the index in use stays
 * @returns how many events it was made from; null when another process is at it
 */
export async function rebuildNow(ports: TendPorts, progress: Progress): Promise<number | null> {
  const work = boundedWork(ports, UNBOUNDED, progress);
  const events = await rebuildAlone(ports, work, progress);
  // No server may run that would do it.
  if (events !== null) await emptyUnused(ports.index, work.afterPortion);
  return events;
}

async function rebuildAlone(ports: TendPorts, work: BoundedWork, progress: Progress): Promise<number | null> {
  const { lake, index, clock } = ports;
  try {
    // Made and claimed in one step, so that no other process comes between.
    const request: Request = { claimedAt: clock.now(), state: null };
    const made = await lake.put(REBUILD, JSON.stringify(request), { onlyIf: { etagDoesNotMatch: '*' } });
    const claimed = made === null ? await claim(ports) : request;
    if (claimed === null) return null;
    // Whoever asks for it now wants it from the log of now.
    if (claimed.state !== null) await abandonRebuild(index, claimed.state.rebuild);
    return await runClaimed(ports, { ...claimed, state: null }, work, progress);
  } catch (error) {
    // Whoever asked hears of it and may ask again at once.
    await lake.delete(REBUILD).catch(() => {});
    throw error;
  }
}

/** What lies in the lake while a rebuild is asked for. */
interface Request {
  /** Epoch milliseconds; null while nobody is at it. */
  readonly claimedAt: number | null;
  /** How far it is; null before it has begun. */
  readonly state: RebuildState | null;
}

function parseRequest(text: string): Request {
  const content: unknown = JSON.parse(text);
  if (!isJsonObject(content)) return { claimedAt: null, state: null };
  const claimedAt = typeof content.claimedAt === 'number' ? content.claimedAt : null;
  return { claimedAt, state: parseRebuildState(content.state) };
}

/** Of two processes that see the same request, one gets it. */
async function claim({ lake, clock }: TendPorts): Promise<Request | null> {
  const stored = await lake.get(REBUILD);
  if (stored === null) return null;
  const { claimedAt, state } = parseRequest(await stored.text());
  if (claimedAt !== null && clock.now() - claimedAt < CLAIM_MS) return null;
  const request: Request = { claimedAt: clock.now(), state };
  const claimed = await lake.put(REBUILD, JSON.stringify(request), { onlyIf: { etagMatches: stored.etag } });
  return claimed === null ? null : request;
}

interface BoundedWork {
  readonly isBounded: boolean;
  /** Counts its batches. */
  readonly index: HotIndex;
  isOver(): boolean;
  /** Counts a portion that was emptied, and waits. @returns whether another may follow */
  afterPortion(): Promise<boolean>;
}

function boundedWork({ index, clock }: TendPorts, bounds: RebuildBounds, progress?: Progress): BoundedWork {
  const until = clock.now() + bounds.milliseconds;
  let batches = 0;
  let portions = 0;
  const isOver = (): boolean => clock.now() >= until || batches >= bounds.batches;
  return {
    isBounded: bounds !== UNBOUNDED,
    index: countedBatches(index, () => {
      batches += 1;
    }),
    isOver,
    async afterPortion() {
      batches += 1;
      portions += 1;
      progress?.('portions of an old index removed', portions, portions);
      if (isOver()) return false;
      await clock.sleep(PAUSE_MS);
      return true;
    },
  };
}

/** @returns how many events it was made from, when it is done; 0 when it goes on later */
async function runClaimed(
  { lake, clock }: TendPorts,
  { state: known }: Request,
  work: BoundedWork,
  progress?: Progress,
): Promise<number> {
  const { index } = work;
  const say = (request: Request): Promise<unknown> => lake.put(REBUILD, JSON.stringify(request));
  let saidAt = clock.now();
  let lastWord: Promise<unknown> = Promise.resolve();
  const sayAlive = (now: RebuildState | null): void => {
    if (clock.now() - saidAt < CLAIM_MS / 3) return;
    saidAt = clock.now();
    // How far it is, too; a lost one only lets another process do some of it again beside it.
    lastWord = say({ claimedAt: saidAt, state: now }).catch(() => {});
  };
  let state = known !== null && (await canContinue(index, known)) ? known : null;
  let isOver = false;
  try {
    if (state === null) {
      await releaseSlot(index);
      await emptyUnused(index, async () => {
        sayAlive(null);
        isOver = !(await work.afterPortion());
        return !isOver;
      });
      if (!isOver) state = await beginRebuild(lake, index);
    }
    if (state !== null) {
      const total = state.left.length;
      state = await continueRebuild(lake, index, state, async (now) => {
        state = now;
        // Those that were gone and stand in others come again.
        progress?.('files read', Math.max(0, total - now.left.length), total);
        isOver = work.isOver();
        if (!isOver) sayAlive(now);
        return !isOver;
      });
      if (!isOver) progress?.('files read', total, total);
    }
  } catch (error) {
    await lastWord;
    // Without an end to its time, whoever asked begins anew; else the next call goes on from here.
    if (work.isBounded) await say({ claimedAt: null, state });
    else if (state !== null) await abandonRebuild(index, state.rebuild);
    throw error;
  }
  // A word that came after the end would be taken for another claim.
  await lastWord;
  if (isOver || state === null) {
    await say({ claimedAt: null, state });
    return 0;
  }
  await lake.delete(REBUILD);
  return state.events;
}

function countedBatches(index: HotIndex, count: () => void): HotIndex {
  const counted = (database: Database): Database => ({
    prepare: (sql) => database.prepare(sql),
    batch(statements) {
      count();
      return database.batch(statements);
    },
  });
  const { beside, shards_wanted } = index;
  return {
    ...counted(index),
    ...(beside === undefined ? {} : { beside: beside.map(counted) }),
    ...(shards_wanted === undefined ? {} : { shards_wanted }),
  };
}
