/** From the manifests of one snapshot and a change to what the next snapshot's manifests hold: see `merge.ts`. */
import type { Entry } from './manifest.ts';
import type { Manifest } from './manifest-list.ts';
import { divide, isLive, isYoung, mayHold, settledFor, settles } from './merge.ts';
import { type Change, ConflictError } from './snapshot.ts';

export interface Revision {
  /** Manifests that the next snapshot names as they are. */
  readonly kept: readonly Manifest[];
  /** What each further manifest is to hold. */
  readonly written: readonly (readonly Entry[])[];
}

export interface Revised {
  /** Of the next snapshot. */
  readonly id: number;
  readonly sequence: number;
  /** Whether every manifest has to be written again, because the table is somewhere else now. */
  readonly isMoved: boolean;
}

/**
 * @param before manifests of the snapshot that the change is put onto
 * @param read the entries of a manifest, in order; asked for only where they matter
 * @throws ConflictError when a file to remove is not in the table any more
 */
export async function revise(
  before: readonly Manifest[],
  change: Change,
  { id, sequence, isMoved }: Revised,
  read: (manifests: readonly Manifest[]) => Promise<Entry[][]>,
): Promise<Revision> {
  const live = before.filter(isLive);
  const removed = new Set(change.remove.map(({ key }) => key));
  const opened = new Map<Manifest, Entry[]>();
  const open = async (manifests: readonly Manifest[]): Promise<void> => {
    const missing = manifests.filter((manifest) => !opened.has(manifest));
    for (const [at, entries] of (await read(missing)).entries()) {
      const manifest = missing[at];
      if (manifest !== undefined) opened.set(manifest, entries.filter(isPresent));
    }
  };
  const within = (manifests: Iterable<Manifest>): Entry[] =>
    [...manifests].flatMap((manifest) => opened.get(manifest) ?? []);

  const suspects = isMoved ? live : live.filter((manifest) => change.remove.some((file) => mayHold(manifest, file)));
  await open(suspects);
  const holders = new Set(
    suspects.filter((manifest) => isMoved || within([manifest]).some(({ file }) => removed.has(file.key))),
  );
  const deleted = within(holders).filter(({ file }) => removed.has(file.key));
  if (deleted.length !== change.remove.length) {
    throw new ConflictError(`${change.remove.length - deleted.length} files to remove are not in the table`);
  }
  const added = change.add.map((file): Entry => ({ status: 'added', snapshot_id: id, sequence, file }));

  const rewritten = new Set(holders);
  const isSettling = settles(live, holders, added.length > 0);
  if (isSettling) {
    const young = live.filter(isYoung);
    await open(young);
    for (const manifest of young) rewritten.add(manifest);
    const days = new Set([...within(rewritten), ...added].map(({ file }) => file.date));
    const settled = settledFor(live, days);
    await open(settled);
    for (const manifest of settled) rewritten.add(manifest);
  }

  const kept = live.filter((manifest) => !rewritten.has(manifest));
  const settled = kept.filter((manifest) => !isYoung(manifest));
  const staying = within(rewritten)
    .filter(({ file }) => !removed.has(file.key))
    .map((entry): Entry => ({ ...entry, status: 'existing' }));
  const gone = deleted.map((entry): Entry => ({ ...entry, status: 'deleted', snapshot_id: id }));
  const written = isSettling
    ? [...divide([...staying, ...added], settled), gone]
    : [...divide(staying, settled), added, gone];
  return { kept, written: written.filter((entries) => entries.length > 0) };
}

function isPresent({ status }: Entry): boolean {
  return status !== 'deleted';
}
