/** Which files a snapshot has, read from no more manifests than the question needs. */
import type { ObjectStore } from '../../platform/ports.ts';
import { decodeManifest, type Entry } from './manifest.ts';
import { decodeManifestList, type Manifest } from './manifest-list.ts';
import { isLive, mayHold } from './merge.ts';
import { manifestReceivedBefore } from './objects.ts';
import type { Snapshot } from './snapshot.ts';
import { receivedMax, type TableFile } from './table-file.ts';

const READS_AT_ONCE = 8;

/** What a snapshot needs is gone: it has expired while it was read. */
export class ExpiredError extends Error {
  override readonly name = 'ExpiredError';
}

/** UTC days, from the first to the last: 2026-01-31. */
export interface DayRange {
  readonly from: string;
  readonly to: string;
}

/** Files that meet any of these; all files where none is given. */
export interface Wanted {
  /** Days and types. */
  readonly partitions?: readonly Pick<TableFile, 'date' | 'type'>[];
  readonly days?: DayRange;
  /** Files with an event that arrived at this time or later, epoch milliseconds. */
  readonly received_since?: number;
}

/** @throws ExpiredError when the snapshot has expired meanwhile */
export async function tableFiles(lake: ObjectStore, snapshot: Snapshot, wanted: Wanted = {}): Promise<TableFile[]> {
  const manifests = await readManifests(lake, snapshot);
  const met = manifests.filter((manifest) => isLive(manifest) && mayMeet(manifest, wanted));
  return liveFilesOf((await readEntriesEach(lake, met)).flat()).filter((file) => meets(file, wanted));
}

export function liveFilesOf(entries: readonly Entry[]): TableFile[] {
  return entries.filter(({ status }) => status !== 'deleted').map(({ file }) => file);
}

function mayMeet(manifest: Manifest, { partitions, days, received_since }: Wanted): boolean {
  if (partitions === undefined && days === undefined && received_since === undefined) return true;
  return (
    (partitions ?? []).some((partition) => mayHold(manifest, partition)) ||
    (days !== undefined && manifest.date_min <= days.to && days.from <= manifest.date_max) ||
    (received_since !== undefined && manifestReceivedBefore(manifest.key) > received_since)
  );
}

function meets(file: TableFile, { partitions, days, received_since }: Wanted): boolean {
  if (partitions === undefined && days === undefined && received_since === undefined) return true;
  return (
    (partitions ?? []).some(({ date, type }) => date === file.date && type === file.type) ||
    (days !== undefined && days.from <= file.date && file.date <= days.to) ||
    (received_since !== undefined && receivedMax(file) >= received_since)
  );
}

/** Days whose rows differ between two snapshots, ascending: 2026-01-31. What both name is not read. */
export async function changedDays(lake: ObjectStore, before: Snapshot, after: Snapshot): Promise<string[]> {
  const [old, current] = await Promise.all([readManifests(lake, before), readManifests(lake, after)]);
  const isOld = new Set(old.map(({ key }) => key));
  const shared = new Set(current.map(({ key }) => key).filter((key) => isOld.has(key)));
  const apart = async (manifests: readonly Manifest[]): Promise<Map<string, string>> => {
    const own = manifests.filter(({ key }) => !shared.has(key));
    const files = liveFilesOf((await readEntriesEach(lake, own)).flat());
    return new Map(files.map(({ key, date }) => [key, date]));
  };
  const [came, went] = [await apart(current), await apart(old)];
  const days = new Set<string>();
  for (const [key, date] of went) if (!came.has(key)) days.add(date);
  for (const [key, date] of came) if (!went.has(key)) days.add(date);
  return [...days].sort();
}

/** The manifests of a snapshot, those without live files as well. */
export async function readManifests(lake: ObjectStore, { manifest_list }: Snapshot): Promise<Manifest[]> {
  return manifest_list === null ? [] : decodeManifestList(await readBytes(lake, manifest_list));
}

/** The entries of each of these manifests. */
export async function readEntriesEach(lake: ObjectStore, manifests: readonly Manifest[]): Promise<Entry[][]> {
  const entries: Entry[][] = [];
  for (let start = 0; start < manifests.length; start += READS_AT_ONCE) {
    const some = manifests.slice(start, start + READS_AT_ONCE);
    const read = some.map(async ({ key, sequence }) => decodeManifest(await readBytes(lake, key), sequence));
    entries.push(...(await Promise.all(read)));
  }
  return entries;
}

async function readBytes(lake: ObjectStore, key: string): Promise<Uint8Array> {
  const object = await lake.get(key);
  if (object === null) throw new ExpiredError(`${key} is gone: the snapshot has expired`);
  return new Uint8Array(await object.arrayBuffer());
}
