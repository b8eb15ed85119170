/** Failed events, newest arrival first, out of the whole log: they are in no other store. Runs in workerd as well. */
import type { ObjectStore } from '../../platform/ports.ts';
import { InletError } from '../../schemas/errors.ts';
import { FAILED_TYPE } from '../../schemas/event.ts';
import { tableFiles } from '../catalog/files.ts';
import { openLog } from '../catalog/log.ts';
import { segmentHour } from '../catalog/objects.ts';
import { receivedMax, receivedMin } from '../catalog/table-file.ts';
import { type FailedMark, type FailedPosition, readBodies, readMarks, type SentBody } from './rows.ts';
import { knownStretches, lookForStretches, type Stretch } from './stretch.ts';

export type { FailedPosition } from './rows.ts';

export interface FailedQuery {
  /** Arrival, epoch milliseconds, included. */
  readonly from: number;
  /** Not included. */
  readonly to: number;
  /** Null for all. */
  readonly codes: readonly string[] | null;
  /** Null for all. */
  readonly sources: readonly string[] | null;
  /** From 1. */
  readonly first: number;
  /** Only what comes behind this; null for all. */
  readonly after: FailedPosition | null;
}

export interface FailedEvent extends FailedPosition, SentBody {
  readonly source: string;
  readonly code: string;
}

export interface FailedPage {
  readonly events: readonly FailedEvent[];
  /** Where the next page begins; null where there is none. */
  readonly next: FailedPosition | null;
}

/** Files that one page opens for the first time; it goes by what is known of the others. */
const LOOKS_MAX = 500;
const LOOKS_AT_ONCE = 8;
/** A page that has looked at this many rows comes short. */
const PAGE_ROWS_MAX = 100_000;
/** Clocks of edge and store may differ by this much. */
const CLOCKS_MS = 600_000;

/** @throws InletError query_too_costly where more files are in question than one page may open */
export async function readFailedEvents(lake: ObjectStore, query: FailedQuery): Promise<FailedPage> {
  const until = query.after === null ? query.to : Math.min(query.to, query.after.receivedAt + 1);
  const stretches = (await stretchesBetween(lake, query.from, until)).sort((a, b) => b.newest - a.newest);
  let found: FailedMark[] = [];
  let rows = 0;
  for (const [position, stretch] of stretches.entries()) {
    found = merge(found, (await readMarks(lake, stretch)).filter(matcher(query)), query.first + 1);
    rows += stretch.rowEnd - stretch.rowStart;
    // What was not read yet holds nothing newer than this.
    const frontier = stretches[position + 1]?.newest;
    if (frontier === undefined) break;
    const decided = found.filter(({ receivedAt }) => receivedAt > frontier);
    if (decided.length > query.first) break;
    if (rows >= PAGE_ROWS_MAX && frontier < until - 1) {
      return { events: await complete(lake, decided), next: { receivedAt: frontier + 1, packId: '', packIndex: 0 } };
    }
  }
  const page = found.slice(0, query.first);
  return { events: await complete(lake, page), next: found.length > query.first ? (page.at(-1) ?? null) : null };
}

async function stretchesBetween(lake: ObjectStore, from: number, to: number): Promise<Stretch[]> {
  const { snapshot, segments } = await openLog(lake);
  const days = { from: dayOf(from), to: dayOf(to) };
  const files = await tableFiles(lake, snapshot, { days });
  const keys = [
    ...segments.filter(({ key, uploaded }) => segmentHour(key) < to && uploaded.getTime() + CLOCKS_MS >= from),
    ...files.filter((file) => file.type === FAILED_TYPE && receivedMin(file) < to && receivedMax(file) >= from),
  ].map(({ key }) => key);
  await lookAt(
    lake,
    keys.filter((key) => knownStretches(lake, key) === undefined),
  );
  return keys
    .flatMap((key) => knownStretches(lake, key) ?? tooMany())
    .filter(({ oldest, newest }) => oldest < to && newest >= from);
}

async function lookAt(lake: ObjectStore, keys: readonly string[]): Promise<void> {
  for (let start = 0; start < Math.min(keys.length, LOOKS_MAX); start += LOOKS_AT_ONCE) {
    await Promise.all(keys.slice(start, start + LOOKS_AT_ONCE).map((key) => lookForStretches(lake, key)));
  }
  if (keys.length > LOOKS_MAX) tooMany();
}

function tooMany(): never {
  throw new InletError('query_too_costly', { detail: 'a shorter time is less to search' });
}

function matcher({ from, to, codes, sources, after }: FailedQuery): (mark: FailedMark) => boolean {
  const wantedCodes = codes === null ? null : new Set(codes);
  const wantedSources = sources === null ? null : new Set(sources);
  return (mark) =>
    mark.receivedAt >= from &&
    mark.receivedAt < to &&
    (after === null || compare(after, mark) < 0) &&
    (wantedCodes === null || wantedCodes.has(mark.code)) &&
    (wantedSources === null || wantedSources.has(mark.source));
}

/** Each once: a pack that was delivered again is in several files. */
function merge(found: readonly FailedMark[], more: readonly FailedMark[], most: number): FailedMark[] {
  const sorted = [...found, ...more].sort(compare);
  return sorted
    .filter((mark, index) => {
      const before = sorted[index - 1];
      return before === undefined || compare(before, mark) !== 0;
    })
    .slice(0, most);
}

/** Newest first. */
function compare(a: FailedPosition, b: FailedPosition): number {
  if (a.receivedAt !== b.receivedAt) return b.receivedAt - a.receivedAt;
  if (a.packId !== b.packId) return a.packId < b.packId ? 1 : -1;
  return b.packIndex - a.packIndex;
}

async function complete(lake: ObjectStore, marks: readonly FailedMark[]): Promise<FailedEvent[]> {
  const bodies = await readBodies(lake, marks);
  return marks.map(({ receivedAt, packId, packIndex, source, code }, index) => ({
    ...{ receivedAt, packId, packIndex, source, code },
    ...(bodies[index] ?? { body: null, bytes: null, sha256: null }),
  }));
}

/** The UTC day of a time in epoch milliseconds. */
function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
