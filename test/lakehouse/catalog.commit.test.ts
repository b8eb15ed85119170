import { beforeEach, expect, test } from 'vitest';
import { type CommitPorts, commit } from '../../lakehouse/catalog/commit.ts';
import { changedDays, tableFiles } from '../../lakehouse/catalog/files.ts';
import { HINT, METADATA_FILES, metadataKey } from '../../lakehouse/catalog/objects.ts';
import { type Change, EMPTY_SNAPSHOT, type Snapshot } from '../../lakehouse/catalog/snapshot.ts';
import { loadSnapshot, loadTable, readSnapshot } from '../../lakehouse/catalog/store.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import { virtualClock } from '../../platform/sim/clock.ts';
import { memoryStore } from '../../platform/sim/object-store.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import { file } from './files.ts';

const NOTHING: Change = { committed_at: 1, as_of: 1, add: [], remove: [], consume: [], forget: [] };

let ports: CommitPorts;
beforeEach(() => {
  ports = { lake: memoryStore(virtualClock(0)), random: seededRandom(1), lake_uri: 'file:///lake' };
});

function tableFile(name: string, date = '2026-03-28'): ReturnType<typeof file> {
  return file(`table/data/date=${date}/type=track/${name}.parquet`, date);
}

/** A change to the table as it is now. */
async function apply(change: Partial<Change>): Promise<Snapshot> {
  expect(await commit(ports, await loadSnapshot(ports.lake), { ...NOTHING, ...change })).toBe('ok');
  return loadSnapshot(ports.lake);
}

async function commitMany(count: number, name = 's'): Promise<void> {
  for (let number = 1; number <= count; number += 1) await apply({ consume: [`${name}${number}`] });
}

async function keysOf(snapshot: Snapshot): Promise<string[]> {
  return (await tableFiles(ports.lake, snapshot)).map(({ key }) => key.slice(-9, -8));
}

test('before the first commit the table is empty', async () => {
  expect(await loadSnapshot(ports.lake)).toEqual(EMPTY_SNAPSHOT);
  expect(await tableFiles(ports.lake, EMPTY_SNAPSHOT)).toEqual([]);
});

test('the next snapshot is the one before with the change applied, and its version counts on', async () => {
  const [a, b, c] = [tableFile('a'), tableFile('b'), tableFile('c')];
  const first = await apply({ add: [a, b], consume: ['s1', 's2'] });
  expect(first).toMatchObject({ version: 1, committed_at: 1, as_of: 1, consumed: ['s1', 's2'], taken_in: 1 });
  const next = await apply({ committed_at: 5, as_of: null, add: [c], remove: [a], consume: ['s3'], forget: ['s1'] });
  expect(next).toMatchObject({ version: 2, committed_at: 5, as_of: null, consumed: ['s2', 's3'], taken_in: 2 });
  expect(next.totals).toEqual({ files: 2, rows: 2, bytes: 20 });
  expect(await keysOf(next)).toEqual(['b', 'c']);
  expect(await keysOf(first)).toEqual(['a', 'b']);
  expect(await readSnapshot(ports.lake, 1)).toEqual(first);
  expect(await readSnapshot(ports.lake, 3)).toBe(null);
});

test('files read back from the manifests as they went in', async () => {
  const files = [tableFile('a'), tableFile('b', '1969-12-31')];
  const snapshot = await apply({ add: files });
  expect(await tableFiles(ports.lake, snapshot)).toEqual(files);
});

test.each<[string, Partial<Change>]>([
  ['removes a file that is not there', { remove: [tableFile('x')] }],
  ['removes a file twice', { remove: [tableFile('a'), tableFile('a')] }],
  ['consumes a segment that is consumed', { consume: ['s1'] }],
])('a change that %s is a conflict, and changes nothing', async (_, change) => {
  const before = await apply({ add: [tableFile('a')], consume: ['s1'] });
  expect(await commit(ports, before, { ...NOTHING, ...change })).toBe('conflict');
  expect(await loadSnapshot(ports.lake)).toEqual(before);
});

test('of many writers that take in segments, one commits and all others learn of the conflict', async () => {
  await commitMany(1);
  const base = await loadSnapshot(ports.lake);
  const results = await Promise.all(
    ['a', 'b', 'c', 'd'].map((name) => commit(ports, base, { ...NOTHING, consume: [name] })),
  );
  expect(results.toSorted()).toEqual(['conflict', 'conflict', 'conflict', 'ok']);
  expect((await loadSnapshot(ports.lake)).consumed).toEqual(['s1', ['a', 'b', 'c', 'd'][results.indexOf('ok')]]);
});

test('of two writers that replace the same file, one commits and the other learns of the conflict', async () => {
  const base = await apply({ add: [tableFile('a'), tableFile('b')] });
  const replace = (name: string): Promise<string> =>
    commit(ports, base, { ...NOTHING, remove: [tableFile('a')], add: [tableFile(name)] });
  const results = await Promise.all([replace('c'), replace('d')]);
  expect(results.toSorted()).toEqual(['conflict', 'ok']);
  const kept = results[0] === 'ok' ? 'c' : 'd';
  expect(await keysOf(await loadSnapshot(ports.lake))).toEqual(['b', kept]);
});

test('writers that replace different files all commit, and write only metadata again', async () => {
  const names = ['a', 'b', 'c', 'd'];
  const base = await apply({ add: names.map((name) => tableFile(name)) });
  const results = await Promise.all(
    names.map((name) =>
      commit(ports, base, { ...NOTHING, remove: [tableFile(name)], add: [tableFile(name.toUpperCase())] }),
    ),
  );
  expect(results).toEqual(['ok', 'ok', 'ok', 'ok']);
  const snapshot = await loadSnapshot(ports.lake);
  expect((await keysOf(snapshot)).toSorted()).toEqual(['A', 'B', 'C', 'D']);
  expect(snapshot).toMatchObject({ version: 5, totals: { files: 4 } });
});

test('a commit whose answer got lost and that is sent again is the same commit', async () => {
  const store = ports.lake;
  const twice: ObjectStore = {
    ...store,
    put: async (key, value, options) => {
      if (key.startsWith(METADATA_FILES)) await store.put(key, value, options);
      return store.put(key, value, options);
    },
  };
  const change = { ...NOTHING, consume: ['a'] };
  expect(await commit({ ...ports, lake: twice }, EMPTY_SNAPSHOT, change)).toBe('ok');
  expect(await loadSnapshot(store)).toMatchObject({ version: 1, consumed: ['a'] });
});

test.each([
  ['missing', null],
  ['behind', '1'],
  ['garbage', 'x'],
])('the newest snapshot is found with a hint that is %s', async (_, hint) => {
  await commitMany(12);
  if (hint === null) await ports.lake.delete(HINT);
  else await ports.lake.put(HINT, hint);
  expect((await loadSnapshot(ports.lake)).version).toBe(12);
});

test('a commit stands when the hint cannot be written, and the next one writes it', async () => {
  const lake: ObjectStore = {
    ...ports.lake,
    put: (key, value, options) =>
      key === HINT ? Promise.reject(new Error('refused')) : ports.lake.put(key, value, options),
  };
  expect(await commit({ ...ports, lake }, EMPTY_SNAPSHOT, { ...NOTHING, consume: ['a'] })).toBe('ok');
  expect((await loadSnapshot(ports.lake)).version).toBe(1);
  await apply({ consume: ['b'] });
  expect(await (await ports.lake.get(HINT))?.text()).toBe('2');
});

test('a writer that slept until its version had come and gone does not turn the table back', async () => {
  await commitMany(2);
  const store = ports.lake;
  const sleeper: ObjectStore = {
    ...store,
    put: async (key, value, options) => {
      if (key === metadataKey(3)) {
        await commitMany(7, 'other');
        for (const version of [1, 2, 3, 4]) await store.delete(metadataKey(version));
      }
      return store.put(key, value, options);
    },
  };
  const stale = { ...NOTHING, consume: ['late'] };
  expect(await commit({ ...ports, lake: sleeper }, await loadSnapshot(store), stale)).toBe('conflict');
  const found = await loadSnapshot(store);
  expect(found.version).toBe(9);
  expect(found.consumed).not.toContain('late');
});

test('a table from before Iceberg is refused, not taken for an empty one', async () => {
  await ports.lake.put('table/snapshots/0000000001.json', '{}');
  await expect(loadSnapshot(ports.lake)).rejects.toThrow('from before Iceberg');
  await expect(commit(ports, EMPTY_SNAPSHOT, NOTHING)).rejects.toThrow('from before Iceberg');
});

test('metadata that cannot be read stops the reader, rather than showing an older table', async () => {
  await commitMany(3);
  await ports.lake.put(metadataKey(3), '{"format-version":2}');
  await expect(loadSnapshot(ports.lake)).rejects.toThrow('no text "table-uuid"');
});

test('changed days are those of files that came or went', async () => {
  const before = await apply({ add: [tableFile('a'), tableFile('b', '2026-03-27')] });
  const after = await apply({ add: [tableFile('c', '2026-03-30')], remove: [tableFile('a')] });
  expect(await changedDays(ports.lake, before, after)).toEqual(['2026-03-28', '2026-03-30']);
  expect(await changedDays(ports.lake, EMPTY_SNAPSHOT, before)).toEqual(['2026-03-27', '2026-03-28']);
  expect(await changedDays(ports.lake, after, after)).toEqual([]);
});

test('a lake that has moved names its files where they are now, from the next commit on', async () => {
  await apply({ add: [tableFile('a')] });
  ports = { ...ports, lake_uri: 's3://bucket' };
  const snapshot = await apply({ add: [tableFile('b')] });
  expect((await loadTable(ports.lake)).metadata?.location).toBe('s3://bucket/table');
  expect((await keysOf(snapshot)).toSorted()).toEqual(['a', 'b']);
});

test('of two hosts that name one lake in two ways the one that comes back is refused, and may move it back a day later', async () => {
  const DAY_MS = 86_400_000;
  await apply({ add: [tableFile('a')], committed_at: 10 });
  const first = ports;
  ports = { ...ports, lake_uri: 's3://bucket' };
  await apply({ add: [tableFile('b')], committed_at: 20 });
  const moved = await apply({ add: [tableFile('c')], committed_at: 30 });

  ports = first;
  const back = (committed_at: number) => apply({ add: [tableFile('d')], committed_at });
  await expect(back(40)).rejects.toThrow('Set INLET_LAKE_URI to the same name');
  expect(await loadSnapshot(ports.lake)).toEqual(moved);
  await back(20 + DAY_MS);
  expect((await loadTable(ports.lake)).metadata?.location).toBe('file:///lake/table');
});
