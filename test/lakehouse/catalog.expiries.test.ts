/** An expiry that sleeps at each of its steps, while others commit and let expire what it was about to look at. */
import { expect, test } from 'vitest';
import { commit } from '../../lakehouse/catalog/commit.ts';
import { type Expiry, expire } from '../../lakehouse/catalog/expire.ts';
import { tableFiles } from '../../lakehouse/catalog/files.ts';
import { openLog } from '../../lakehouse/catalog/log.ts';
import { namedNow, unnamed } from '../../lakehouse/catalog/named.ts';
import { loadSnapshot } from '../../lakehouse/catalog/store.ts';
import { file } from './files.ts';
import { watchedStore } from './stores.ts';
import { type World, world } from './world.ts';

const HOUR_MS = 3_600_000;
const config = { grace_minutes: 10 };

/** Each commit takes in a segment and adds a file; every third one removes one. */
async function grow(place: World, name: string, commits: number): Promise<void> {
  const { lake, clock } = place;
  for (let number = 0; number < commits; number += 1) {
    const added = file(`table/data/date=2026-03-28/type=track/${name}${number}.parquet`);
    const segment = `segments/2026-03-28T00/${name}${number}.parquet`;
    await lake.put(segment, 'rows');
    await lake.put(added.key, 'rows');
    const planned = await loadSnapshot(lake);
    const remove = (await tableFiles(lake, planned)).slice(0, number % 3 === 2 ? 1 : 0);
    const change = { committed_at: clock.now(), as_of: null, add: [added], remove, consume: [segment], forget: [] };
    expect(await commit(place, planned, change)).toBe('ok');
  }
  await clock.advance(48 * HOUR_MS);
}

test('what another expiry has deleted is no error, wherever the first one slept, and nothing that is needed goes', async () => {
  let calls = 0;
  for (let at = 1; at === 1 || calls >= at - 1; at += 1) {
    const place = world(at);
    await grow(place, 'a', 14);
    calls = 0;
    let others: Expiry | null = null;
    const slow = watchedStore(place.lake, async () => {
      calls += 1;
      if (calls !== at) return;
      await grow(place, 'b', 12);
      others = await expire({ ...place, config });
    });
    await expire({ ...place, lake: slow, config });
    if (calls >= at) expect(others).not.toBe(null);

    const { snapshot, segments, metadata } = await openLog(place.lake);
    expect(snapshot.version).toBe(calls >= at ? 26 : 14);
    expect(segments).toEqual([]);
    const files = await tableFiles(place.lake, snapshot);
    expect(files).toHaveLength(calls >= at ? 18 : 10);
    for (const { key } of files) expect(await place.lake.head(key)).not.toBe(null);
    expect(metadata?.snapshots).toHaveLength(10);
    if (calls < at) continue;
    await expire({ ...place, config });
    expect(unnamed((await place.lake.list({ prefix: 'table/' })).objects, await namedNow(place.lake))).toEqual([]);
  }
  expect(calls).toBeGreaterThan(30);
});
