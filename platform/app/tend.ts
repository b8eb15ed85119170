/** What keeps the hot index whole: run by the cron on Cloudflare, by a timer on Bun. */
import { isJsonObject } from '../../schemas/event.ts';
import type { Clock, HotIndex, ObjectStore, Progress } from '../ports.ts';
import { rebuildIndex } from './rebuild.ts';
import { workOffMarkers } from './reindex.ts';

const REBUILD = 'requests/rebuild';
/** A rebuild that has said nothing for this long was killed: the next one starts over. */
const CLAIM_MS = 30 * 60_000;

/** Asks for a rebuild, from a host that has the lake but not the index. Asking twice is asking once. */
export async function requestRebuild(lake: ObjectStore): Promise<void> {
  await lake.put(REBUILD, JSON.stringify({ claimedAt: null }), { onlyIf: { etagDoesNotMatch: '*' } });
}

export interface TendPorts {
  readonly lake: ObjectStore;
  readonly index: HotIndex;
  readonly clock: Clock;
}

/** Rebuilds the hot index where that was asked for, else takes in the segments that it missed. */
export async function tendIndex(ports: TendPorts): Promise<void> {
  if (await claim(ports)) await runClaimed(ports);
  await workOffMarkers(ports.lake, ports.index);
}

/**
 * Rebuilds the hot index now, by this process.
 *
 * @param progress what it throws ends the rebuild; the index in use stays
 * @returns how many events it was made from; null when another process is at it
 */
export async function rebuildNow(ports: TendPorts, progress: Progress): Promise<number | null> {
  const { lake, clock } = ports;
  try {
    // Made and claimed in one step, so that no other process comes between.
    const request = JSON.stringify({ claimedAt: clock.now() });
    const made = await lake.put(REBUILD, request, { onlyIf: { etagDoesNotMatch: '*' } });
    if (made === null && !(await claim(ports))) return null;
    return await runClaimed(ports, progress);
  } catch (error) {
    // Whoever asked hears of it and may ask again at once.
    await lake.delete(REBUILD).catch(() => {});
    throw error;
  }
}

/** Of two processes that see the same request, one gets it. */
async function claim({ lake, clock }: TendPorts): Promise<boolean> {
  const request = await lake.get(REBUILD);
  if (request === null) return false;
  const content: unknown = JSON.parse(await request.text());
  const claimedAt = isJsonObject(content) && typeof content.claimedAt === 'number' ? content.claimedAt : null;
  if (claimedAt !== null && clock.now() - claimedAt < CLAIM_MS) return false;
  const claimed = await lake.put(REBUILD, JSON.stringify({ claimedAt: clock.now() }), {
    onlyIf: { etagMatches: request.etag },
  });
  return claimed !== null;
}

async function runClaimed({ lake, index, clock }: TendPorts, progress?: Progress): Promise<number> {
  let claimedAt = clock.now();
  let lastWord: Promise<unknown> = Promise.resolve();
  const events = await rebuildIndex(lake, index, (label, done, total) => {
    progress?.(label, done, total);
    if (clock.now() - claimedAt < CLAIM_MS / 3) return;
    claimedAt = clock.now();
    // Says that it is alive; a lost one only lets another process start over beside it.
    lastWord = lake.put(REBUILD, JSON.stringify({ claimedAt })).catch(() => {});
  });
  // A word that came after the end would be taken for another claim.
  await lastWord;
  await lake.delete(REBUILD);
  return events;
}
