import { beforeEach, expect, test } from 'vitest';
import { type Change, EMPTY_SNAPSHOT, nextSnapshot, type Snapshot } from '../../lakehouse/catalog/snapshot.ts';
import { commitSnapshot, loadSnapshot } from '../../lakehouse/catalog/store.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import { virtualClock } from '../../platform/sim/clock.ts';
import { memoryStore } from '../../platform/sim/object-store.ts';

let lake: ObjectStore;
beforeEach(() => {
  lake = memoryStore(virtualClock(0));
});

function next(base: Snapshot, segment: string): Snapshot {
  const change: Change = { committed_at: 1, as_of: 1, add: [], remove: [], consume: [segment], forget: [] };
  return nextSnapshot(base, change);
}

async function commitMany(count: number): Promise<Snapshot> {
  let newest = EMPTY_SNAPSHOT;
  for (let version = 1; version <= count; version += 1) {
    newest = next(newest, `s${version}`);
    expect(await commitSnapshot(lake, newest)).toBe('ok');
  }
  return newest;
}

const VERSION_3 = 'table/snapshots/0000000003.json';

test('before the first commit the table is empty', async () => {
  expect(await loadSnapshot(lake)).toEqual(EMPTY_SNAPSHOT);
});

test('of many writers of one version, one commits and all others learn of the conflict', async () => {
  const base = await commitMany(1);
  const results = await Promise.all(['a', 'b', 'c', 'd'].map((name) => commitSnapshot(lake, next(base, name))));
  expect(results.toSorted()).toEqual(['conflict', 'conflict', 'conflict', 'ok']);
  expect((await loadSnapshot(lake)).consumed).toEqual(['s1', ['a', 'b', 'c', 'd'][results.indexOf('ok')]]);
});

test('a commit whose answer got lost and that is sent again is the same commit', async () => {
  const first = next(EMPTY_SNAPSHOT, 'a');
  await commitSnapshot(lake, first);
  expect(await commitSnapshot(lake, first)).toBe('ok');
});

test.each([
  ['missing', null],
  ['behind', '1'],
  ['of a version that expired', '0'],
  ['garbage', 'x'],
])('the newest snapshot is found with a hint that is %s', async (_, hint) => {
  const newest = await commitMany(4);
  if (hint === null) await lake.delete('table/hint');
  else await lake.put('table/hint', hint);
  expect(await loadSnapshot(lake)).toEqual(newest);
});

test('a commit stands when the hint cannot be written', async () => {
  const hintless: ObjectStore = {
    ...lake,
    put: (key, value, options) =>
      key === 'table/hint' ? Promise.reject(new Error('refused')) : lake.put(key, value, options),
  };
  expect(await commitSnapshot(hintless, next(EMPTY_SNAPSHOT, 'a'))).toBe('ok');
  expect((await loadSnapshot(lake)).version).toBe(1);
});

test('a writer that slept until its version had come and gone does not turn the table back', async () => {
  const stale = next(await commitMany(2), 'late');
  lake = memoryStore(virtualClock(0));
  const newest = await commitMany(9);
  for (const version of [1, 2, 3, 4]) await lake.delete(VERSION_3.replace('3.', `${version}.`));
  expect(await commitSnapshot(lake, stale)).toBe('conflict');
  expect(await loadSnapshot(lake)).toEqual(newest);
  await lake.delete('table/hint');
  expect(await loadSnapshot(lake)).toEqual(newest);
});

test('a writer that slept since before the first commit does not either', async () => {
  const newest = await commitMany(9);
  for (const version of [1, 2, 3]) await lake.delete(VERSION_3.replace('3.', `${version}.`));
  expect(await commitSnapshot(lake, next(EMPTY_SNAPSHOT, 'late'))).toBe('conflict');
  expect(await loadSnapshot(lake)).toEqual(newest);
});

test('a snapshot that cannot be read stops the reader, rather than showing an older table', async () => {
  await commitMany(3);
  await lake.put(VERSION_3, '{"version":3}');
  await expect(loadSnapshot(lake)).rejects.toThrow('no whole number');
});
