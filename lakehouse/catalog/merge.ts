/**
 * Which manifests name which files, so that neither a commit nor the plan of one day grows with the age of the table.
 * Pure.
 *
 * - A commit that only adds files writes one manifest of its own, a *young* one, over whatever days it touches.
 * - *Settled* manifests divide the days among themselves: a day is in one of them, or, when it has very many files, in
 *   a few. They are split and joined like the leaves of a B-tree.
 * - When there are enough young ones, or a file in one of them is removed, all their files move to the settled
 *   manifests of their days. No other manifest is written again, save those that a removed file is in.
 */

import type { Entry } from './manifest.ts';
import { liveFiles, type Manifest } from './manifest-list.ts';
import type { TableFile } from './table-file.ts';

/** A commit that makes so many young manifests settles them. */
const YOUNG_MAX = 8;
/** Most files in a settled manifest. */
export const SETTLED_FILES = 256;
/** Settled manifests with fewer join a neighbour that is written again. */
const SPARSE_FILES = SETTLED_FILES / 4;

export function isLive(manifest: Manifest): boolean {
  return liveFiles(manifest) > 0;
}

/** Made by a commit, and never written again since. */
export function isYoung({ existing }: Manifest): boolean {
  return existing.files === 0;
}

/** Whether the manifest may name this file. */
export function mayHold(manifest: Manifest, { date, type }: Pick<TableFile, 'date' | 'type'>): boolean {
  return coversDay(manifest, date) && manifest.type_min <= type && type <= manifest.type_max;
}

export function coversDay({ date_min, date_max }: Manifest, day: string): boolean {
  return date_min <= day && day <= date_max;
}

/** @param holders manifests that a removed file is in. @param adds whether the commit adds files */
export function settles(manifests: readonly Manifest[], holders: ReadonlySet<Manifest>, adds: boolean): boolean {
  const young = manifests.filter((manifest) => isLive(manifest) && isYoung(manifest));
  return young.length + (adds ? 1 : 0) >= YOUNG_MAX || young.some((manifest) => holders.has(manifest));
}

/** Settled manifests that take in files of these days, and sparse ones beside them. */
export function settledFor(manifests: readonly Manifest[], days: ReadonlySet<string>): Manifest[] {
  const settled = manifests
    .filter((manifest) => isLive(manifest) && !isYoung(manifest))
    .sort((left, right) => (left.date_min < right.date_min ? -1 : 1));
  const taken = settled.map((manifest) => [...days].some((day) => coversDay(manifest, day)));
  return settled.filter((manifest, at) => {
    const isBeside = taken[at - 1] === true || taken[at + 1] === true;
    return taken[at] === true || (isBeside && liveFiles(manifest) < SPARSE_FILES);
  });
}

/**
 * Divides files among manifests by day.
 *
 * @param entries live ones, in any order
 * @param others settled manifests that stay: none of the new ones may reach over them
 */
export function divide(entries: readonly Entry[], others: readonly Manifest[]): Entry[][] {
  const sorted = entries.toSorted((left, right) => (orderOf(left) < orderOf(right) ? -1 : 1));
  const runs: Entry[][] = [];
  for (const entry of sorted) {
    const run = runs.at(-1);
    const before = run?.at(-1)?.file.date;
    const isApart =
      before === undefined || others.some(({ date_min, date_max }) => before < date_min && date_max < entry.file.date);
    if (run === undefined || isApart) runs.push([entry]);
    else run.push(entry);
  }
  return runs.flatMap(inEqualParts);
}

function orderOf({ file }: Entry): string {
  return `${file.date}/${file.type}/${file.key}`;
}

function inEqualParts(run: readonly Entry[]): Entry[][] {
  const parts = Math.ceil(run.length / SETTLED_FILES);
  const size = Math.ceil(run.length / parts);
  return Array.from({ length: parts }, (_, part) => run.slice(part * size, (part + 1) * size));
}
