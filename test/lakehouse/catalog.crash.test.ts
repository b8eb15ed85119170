/** Death after every single write of a commit and of expiry: all of them, one by one. */
import { expect, test } from 'vitest';
import { commit } from '../../lakehouse/catalog/commit.ts';
import { expire } from '../../lakehouse/catalog/expire.ts';
import { readManifests, tableFiles } from '../../lakehouse/catalog/files.ts';
import { openLog } from '../../lakehouse/catalog/log.ts';
import { HINT, keyOf, metadataKey } from '../../lakehouse/catalog/objects.ts';
import { type Change, consumedUri, type Snapshot, snapshotOf } from '../../lakehouse/catalog/snapshot.ts';
import { loadSnapshot, loadTable, storedVersions } from '../../lakehouse/catalog/store.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import { file } from './files.ts';
import { copyStore, Killed, mortalStore } from './stores.ts';
import { type World, world } from './world.ts';

const HOUR_MS = 3_600_000;
const config = { grace_minutes: 10 };

async function copyOf({ lake, clock }: World, seed: number): Promise<World> {
  const copy = world(seed);
  await copyStore(lake, copy.lake);
  await copy.clock.advance(clock.now() - copy.clock.now());
  return copy;
}

function change({ clock }: World, parts: Partial<Change>): Change {
  return { committed_at: clock.now(), as_of: null, add: [], remove: [], consume: [], forget: [], ...parts };
}

/** Each commit takes in one segment and adds a file, of another day each time. */
async function grow(world: World, commits: number, name: string): Promise<void> {
  for (let number = 0; number < commits; number += 1) {
    const day = `2026-03-${String(10 + (number % 15))}`;
    const added = file(`table/data/date=${day}/type=track/${name}-${number}.parquet`, day);
    const segment = `segments/2026-03-28T00/${name}-${number}.parquet`;
    await world.lake.put(segment, 'rows');
    await world.lake.put(added.key, 'rows');
    const base = await loadSnapshot(world.lake);
    expect(await commit(world, base, change(world, { add: [added], consume: [segment] }))).toBe('ok');
    await world.clock.advance(5 * 60_000);
  }
}

interface Sight {
  readonly snapshot: Snapshot;
  readonly files: string[];
  readonly pending: string[];
}

async function sightOf(lake: ObjectStore): Promise<Sight> {
  const { snapshot, segments } = await openLog(lake);
  const files = (await tableFiles(lake, snapshot)).map(({ key }) => key).toSorted();
  for (const key of files) expect(await lake.head(key)).not.toBe(null);
  return { snapshot, files, pending: segments.map(({ key }) => key) };
}

/** Runs it on a store that dies after so many writes. @returns whether it died */
async function dies(
  work: (lake: ObjectStore) => Promise<unknown>,
  lake: ObjectStore,
  writes: number,
): Promise<boolean> {
  return work(mortalStore(lake, writes)).then(
    () => false,
    (error: unknown) => {
      if (error instanceof Killed) return true;
      throw error;
    },
  );
}

/** Every object of the table that its newest metadata accounts for. */
async function accountedFor(lake: ObjectStore): Promise<string[]> {
  const { metadata } = await loadTable(lake);
  if (metadata === null) return [];
  const keys = new Set([HINT, ...[...metadata.log, metadata].map(({ version }) => metadataKey(version))]);
  for (const record of metadata.snapshots) {
    const snapshot = snapshotOf(metadata, [], record);
    keys.add(record.manifest_list).add(keyOf(consumedUri(record)));
    for (const { key } of await readManifests(lake, snapshot)) keys.add(key);
    for (const { key } of await tableFiles(lake, snapshot)) keys.add(key);
  }
  return [...keys].toSorted();
}

async function storedTable(lake: ObjectStore): Promise<string[]> {
  return (await lake.list({ prefix: 'table/' })).objects.map(({ key }) => key).toSorted();
}

test('killed after any write of a commit, the table is as before or as after, and what is left over goes later', async () => {
  const origin = world(1);
  await grow(origin, 9, 'a');
  const before = await sightOf(origin.lake);
  const [removed] = await tableFiles(origin.lake, before.snapshot);
  if (removed === undefined) throw new Error('The table is empty');
  const added = file('table/data/date=2026-03-10/type=track/new.parquet', '2026-03-10');
  const segment = 'segments/2026-03-28T00/new.parquet';
  await origin.lake.put(segment, 'rows');
  await origin.lake.put(added.key, 'rows');
  const after = [...before.files.filter((key) => key !== removed.key), added.key].toSorted();

  let points = 0;
  for (let writes = 0, died = true; died; writes += 1) {
    const place = await copyOf(origin, 100 + writes);
    const put = (lake: ObjectStore): Promise<string> =>
      commit(
        { ...place, lake },
        before.snapshot,
        change(place, { add: [added], remove: [removed], consume: [segment] }),
      );
    died = await dies(put, place.lake, writes);
    const sight = await sightOf(place.lake);
    const isDone = sight.snapshot.version > before.snapshot.version;
    expect(sight.files).toEqual(isDone ? after : before.files);
    expect(sight.pending).toEqual(isDone ? [] : [segment]);

    // Whoever comes next finishes, and nothing stays that nobody needs.
    if (!isDone) expect(await put(place.lake)).toBe('ok');
    expect((await sightOf(place.lake)).files).toEqual(after);
    await place.clock.advance(24 * HOUR_MS);
    await grow(place, 12, 'b');
    await place.clock.advance(24 * HOUR_MS);
    await expire({ ...place, config });
    expect(await storedTable(place.lake)).toEqual(await accountedFor(place.lake));
    points += 1;
  }
  // Manifests, their list, the segments, the metadata, the hint.
  expect(points).toBeGreaterThanOrEqual(7);
});

test('killed after any write of expiry, each snapshot that is left is whole, and the next run finishes', async () => {
  const origin = world(2);
  await grow(origin, 16, 'a');
  await origin.clock.advance(48 * HOUR_MS);
  await grow(origin, 3, 'b');
  const before = await sightOf(origin.lake);
  const finished = await copyOf(origin, 200);
  // Copies of objects are as old as the copy.
  await finished.clock.advance(48 * HOUR_MS);
  const whole = await expire({ ...finished, config });
  expect(whole.versions).toHaveLength(9);
  expect(whole.segments.length).toBeGreaterThan(0);
  expect(whole.files.length).toBeGreaterThan(0);

  let points = 0;
  for (let writes = 0, died = true; died; writes += 1) {
    const place = await copyOf(origin, 300 + writes);
    await place.clock.advance(48 * HOUR_MS);
    died = await dies((lake) => expire({ ...place, lake, config }), place.lake, writes);
    expect(await sightOf(place.lake)).toEqual(before);
    const { metadata } = await loadTable(place.lake);
    for (const record of metadata?.snapshots ?? []) {
      if (metadata === null) continue;
      for (const { key } of await tableFiles(place.lake, snapshotOf(metadata, [], record))) {
        expect(await place.lake.head(key)).not.toBe(null);
      }
    }
    const versions = await storedVersions(place.lake);
    expect(versions).toEqual(versions.map((_, at) => (versions[0] ?? 0) + at));
    await expire({ ...place, config });
    expect(await storedTable(place.lake)).toEqual(await accountedFor(place.lake));
    points += 1;
  }
  // The metadata, the hint twice, nine versions one by one, segments, files.
  expect(points).toBeGreaterThanOrEqual(13);
});
