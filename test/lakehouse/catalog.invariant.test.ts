/**
 * The catalog alone, with files and segments that hold names of rows as text: whatever readers, compactors and expiry do
 * in between, a reader finds each row exactly once, and all that it found stays until the grace period is over.
 */
import { expect, test } from 'vitest';
import { commit } from '../../lakehouse/catalog/commit.ts';
import { deletableFiles, expire } from '../../lakehouse/catalog/expire.ts';
import { readManifests, tableFiles } from '../../lakehouse/catalog/files.ts';
import { type Log, openLog } from '../../lakehouse/catalog/log.ts';
import { HINT, keyOf, metadataKey } from '../../lakehouse/catalog/objects.ts';
import { consumedUri, snapshotOf } from '../../lakehouse/catalog/snapshot.ts';
import { loadSnapshot, loadTable } from '../../lakehouse/catalog/store.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import { file } from './files.ts';
import { Killed, mortalStore, watchedStore } from './stores.ts';
import { type World as Ground, world as ground } from './world.ts';

const MINUTE_MS = 60_000;
const config = { grace_minutes: 10 };

interface World extends Ground {
  rows: number;
  files: number;
}

const world = (): World => ({ ...ground(1), rows: 0, files: 0 });

async function append(world: World): Promise<void> {
  world.rows += 1;
  await world.lake.put(`segments/2026-03-28T00/${String(world.rows).padStart(5, '0')}.parquet`, `${world.rows}`);
}

/** All pending segments, and sometimes an older file, become one new file. */
async function compact(world: World, lake: ObjectStore, merge: boolean): Promise<void> {
  const { snapshot, segments, gone } = await openLog(lake);
  if (segments.length === 0) return;
  const old = merge ? (await tableFiles(lake, snapshot)).slice(0, 1) : [];
  const rows = await Promise.all([...old, ...segments].map(({ key }) => textOf(lake, key)));
  world.files += 1;
  const added = file(`table/data/date=2026-03-28/type=track/${world.files}.parquet`);
  await lake.put(added.key, rows.join(' '));
  await commit({ ...world, lake }, snapshot, {
    committed_at: world.clock.now(),
    as_of: null,
    add: [added],
    remove: old,
    consume: segments.map(({ key }) => key),
    forget: gone,
  });
}

async function textOf(lake: ObjectStore, key: string): Promise<string> {
  const object = await lake.get(key);
  if (object === null) throw new Error(`${key} is gone`);
  return object.text();
}

async function rowsOf(lake: ObjectStore, { snapshot, segments }: Log): Promise<number[]> {
  const files = await tableFiles(lake, snapshot);
  const texts = await Promise.all([...files, ...segments].map(({ key }) => textOf(lake, key)));
  return texts
    .flatMap((text) => text.split(' '))
    .map(Number)
    .toSorted((left, right) => left - right);
}

/** Every object of the table that a version of it, or a snapshot it keeps, needs. */
async function namedBy(lake: ObjectStore): Promise<Set<string>> {
  const { metadata } = await loadTable(lake);
  const named = new Set([HINT]);
  if (metadata === null) return named;
  for (const { version } of [...metadata.log, metadata]) named.add(metadataKey(version));
  for (const record of metadata.snapshots) {
    const snapshot = snapshotOf(metadata, [], record);
    named.add(record.manifest_list).add(keyOf(consumedUri(record)));
    for (const { key } of await readManifests(lake, snapshot)) named.add(key);
    for (const { key } of await tableFiles(lake, snapshot)) named.add(key);
  }
  return named;
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** Days pass with appends, compactions and expiry: whatever could be deleted is. */
async function muchLater(world: World): Promise<void> {
  for (let step = 0; step < 14; step += 1) {
    await append(world);
    await compact(world, world.lake, step % 3 === 0);
    await world.clock.advance(100 * MINUTE_MS);
    await expire({ ...world, config });
  }
}

test('a reader that is overtaken between any two of its steps still finds each row once', async () => {
  let overtaken = 0;
  for (let pause = 1; pause <= 7; pause += 1) {
    for (const commits of [0, 1, 3]) {
      const place = world();
      for (let commit = 0; commit < commits; commit += 1) {
        await append(place);
        await compact(place, place.lake, false);
      }
      await append(place);
      const before = place.rows;
      let calls = 0;
      const paused = watchedStore(place.lake, async () => {
        calls += 1;
        if (calls === pause) await muchLater(place);
      });
      const log = await openLog(paused);
      // Overtaken after its last step, it holds what has expired by now: it finds objects gone, which is no silent loss.
      if (calls <= pause) continue;
      const rows = await rowsOf(place.lake, log);
      expect(rows).toEqual(upTo(rows.length));
      expect(rows.length).toBeGreaterThanOrEqual(before);
      overtaken += 1;
    }
  }
  expect(overtaken).toBeGreaterThanOrEqual(10);
});

test('what a reader has opened stays for the grace period, whatever happens meanwhile', async () => {
  const place = world();
  const random = seededRandom(7);
  const readers: { log: Log; rows: number; until: number }[] = [];
  for (let step = 0; step < 150; step += 1) {
    const choice = random.below(4);
    if (choice === 0) await append(place);
    if (choice === 1) await compact(place, place.lake, random.below(2) === 0);
    if (choice === 2) await expire({ ...place, config });
    const until = place.clock.now() + config.grace_minutes * MINUTE_MS;
    readers.push({ log: await openLog(place.lake), rows: place.rows, until });
    await place.clock.advance(random.below(4) * MINUTE_MS);
    for (const { log, rows } of readers.filter((reader) => reader.until > place.clock.now())) {
      expect(await rowsOf(place.lake, log)).toEqual(upTo(rows));
    }
  }
});

test('killed after any write, compaction and expiry leave each row once, and the next runs leave nothing behind', async () => {
  for (let writes = 0; ; writes += 1) {
    const place = world();
    await muchLater(place);
    await append(place);
    const mortal = mortalStore(place.lake, writes);
    const died = await compact(place, mortal, true)
      .then(() => expire({ ...place, lake: mortal, config }))
      .then(
        () => false,
        (error: unknown) => {
          if (!(error instanceof Killed)) throw error;
          return true;
        },
      );
    expect(await rowsOf(place.lake, await openLog(place.lake))).toEqual(upTo(place.rows));
    await muchLater(place);
    await append(place);
    await compact(place, place.lake, false);
    const { snapshot } = await openLog(place.lake);
    expect(await rowsOf(place.lake, await openLog(place.lake))).toEqual(upTo(place.rows));
    const stored = (await place.lake.list({ prefix: 'table/' })).objects.map(({ key }) => key);
    const named = await namedBy(place.lake);
    expect(stored.filter((key) => !named.has(key))).toEqual([]);
    const segments = (await place.lake.list({ prefix: 'segments/' })).objects.map(({ key }) => key);
    expect(snapshot.consumed.toSorted()).toEqual(segments);
    if (!died) return;
  }
});

test('expiry keeps the last ten snapshots, all within the grace period, and segments that are still asked for', async () => {
  const place = world();
  for (let commit = 0; commit < 14; commit += 1) {
    await append(place);
    await compact(place, place.lake, false);
  }
  expect((await expire({ ...place, config })).versions).toEqual([]);
  await place.clock.advance(config.grace_minutes * MINUTE_MS + 1);
  const keep = new Set(['segments/2026-03-28T00/00002.parquet']);
  const { versions, segments } = await expire({ ...place, config, keep });
  expect(versions).toEqual([1, 2, 3, 4]);
  expect(segments.map((key) => key.slice(-13, -8))).toEqual(['00001', '00003', '00004', '00005']);
  expect((await loadSnapshot(place.lake)).version).toBe(14);
});

test('a file that a writer has uploaded and not committed yet is left alone for an hour and the grace period', () => {
  const uploaded = new Date(1_000_000_000);
  const object = { key: 'table/date=2026-03-28/type=track/x.parquet', size: 1, etag: '', uploaded };
  const age = (minutes: number): readonly string[] =>
    deletableFiles([object], new Set(), uploaded.getTime() + minutes * MINUTE_MS, 10 * MINUTE_MS);
  expect(age(70)).toEqual([]);
  expect(age(71)).toEqual([object.key]);
});
