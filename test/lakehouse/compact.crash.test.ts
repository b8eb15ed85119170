import { expect, test } from 'vitest';
import { compareRows } from '../../lakehouse/append/order.ts';
import { readRows } from '../../lakehouse/append/read.ts';
import { commit } from '../../lakehouse/catalog/commit.ts';
import { expire } from '../../lakehouse/catalog/expire.ts';
import { openLog } from '../../lakehouse/catalog/log.ts';
import { METADATA_FILES } from '../../lakehouse/catalog/objects.ts';
import { loadSnapshot } from '../../lakehouse/catalog/store.ts';
import { runCompaction } from '../../lakehouse/compact/run.ts';
import { s3Files } from '../../platform/bun/local-files.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { packId } from '../../schemas/pack.ts';
import { append, CONFIG, compact, filesOf, seen, sightOf, type TestLake } from './lake.ts';
import { openLake } from './open.ts';
import { event, START, winnersOf } from './rows.ts';
import { copyStore, Killed, mortalStore } from './stores.ts';

async function rowsOf({ lake }: TestLake): Promise<EventRow[]> {
  const rows: EventRow[] = [];
  for (const { key } of await filesOf({ lake })) for await (const group of readRows(lake, key)) rows.push(...group);
  return rows.toSorted(compareRows);
}

/** A compacted event, and pending ones: two more, a copy of it that came earlier, and one of another day. */
async function halfCompacted(): Promise<{ lake: TestLake; rows: EventRow[] }> {
  const lake = openLake();
  const first = [event({ message_id: 'a', received_at: START + 9, pack_id: packId('0123456789abcde', 1) })];
  const second = [
    event({ message_id: 'a', user_id: 'eve', pack_id: packId('0123456789abcde', 2) }),
    event({ message_id: 'b', pack_id: packId('0123456789abcde', 2), pack_index: 1 }),
  ];
  const third = [event({ message_id: 'c', timestamp: START - 86_400_000, pack_id: packId('0123456789abcde', 3) })];
  await append(lake, [first]);
  await compact(lake);
  await append(lake, [second]);
  await append(lake, [third]);
  return { lake, rows: [...first, ...second, ...third] };
}

test('killed after any write, a compaction changes nothing that is seen, and the next one finishes', async () => {
  const { lake: origin, rows } = await halfCompacted();
  const truth = winnersOf(rows).toSorted(compareRows);
  let writes = 0;
  for (let died = true; died; writes += 1) {
    const lake = openLake();
    await copyStore(origin.lake, lake.lake);
    const mortal = mortalStore(lake.lake, writes);
    const files = s3Files(mortal, lake.files.scratch_dir);
    died = await runCompaction({ ...lake, lake: mortal, files, config: CONFIG }).then(
      () => false,
      (error: unknown) => {
        if (!(error instanceof Killed)) throw error;
        return true;
      },
    );
    expect(await seen(lake)).toEqual(sightOf(truth));
    await compact(lake);
    const { segments } = await openLog(lake.lake);
    expect(segments).toEqual([]);
    expect(await rowsOf(lake)).toEqual(truth);
    await lake.clock.advance(3 * 3_600_000);
    await expire({ ...lake, config: CONFIG });
    const stored = (await lake.lake.list({ prefix: 'table/data/' })).objects.map(({ key }) => key);
    // The file that lost its only row is still named by an older snapshot.
    expect(stored.length).toBe((await filesOf(lake)).length + 1);
  }
  expect(writes).toBeGreaterThan(4);
});

test('of two compactors that race over the same segments one wins, the other starts anew, and no row is there twice', async () => {
  const { lake, rows } = await halfCompacted();
  const results = await Promise.all([compact(lake), compact(lake), compact(lake)]);
  expect(results.reduce((total, { commits }) => total + commits, 0)).toBe(1);
  expect(await seen(lake)).toEqual(sightOf(winnersOf(rows)));
  expect((await openLog(lake.lake)).snapshot.totals.rows).toBe(3);
});

test('a compactor that always comes second gives up and says why', async () => {
  const { lake } = await halfCompacted();
  const nothing = { committed_at: START, as_of: null, add: [], remove: [], forget: [] };
  let rivals = 0;
  const race: ObjectStore = {
    ...lake.lake,
    put: async (key, value, options) => {
      if (key.startsWith(METADATA_FILES)) {
        rivals += 1;
        await commit(lake, await loadSnapshot(lake.lake), { ...nothing, consume: [`segments/rival-${rivals}`] });
      }
      return lake.lake.put(key, value, options);
    },
  };
  const run = runCompaction({ ...lake, lake: race, config: CONFIG });
  await expect(run).rejects.toThrow('run only one');
});

test('an abort stops a compaction with nothing committed', async () => {
  const { lake, rows } = await halfCompacted();
  const controller = new AbortController();
  controller.abort(new Error('stop'));
  await expect(runCompaction({ ...lake, config: CONFIG, signal: controller.signal })).rejects.toThrow('stop');
  expect((await openLog(lake.lake)).snapshot.version).toBe(1);
  expect(await seen(lake)).toEqual(sightOf(winnersOf(rows)));
});

test('the commit after a consumed segment was deleted drops it from the snapshot', async () => {
  const lake = openLake();
  const keys: string[] = [];
  for (let number = 0; number < 12; number += 1) {
    keys.push(await append(lake, [[event({ message_id: `m${number}`, pack_id: packId('0123456789abcde', number) })]]));
    await compact(lake);
  }
  await lake.clock.advance(3 * 3_600_000);
  const expired = await expire({ ...lake, config: CONFIG });
  expect(expired.segments.length).toBeGreaterThan(0);
  await append(lake, [[event({ message_id: 'last', pack_id: packId('0123456789abcde', 99) })]]);
  await compact(lake);
  const { snapshot } = await openLog(lake.lake);
  expect(keys.filter((key) => !snapshot.consumed.includes(key))).toEqual(
    keys.filter((key) => expired.segments.includes(key)),
  );
  expect((await seen(lake)).length).toBe(13);
});
