import { reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, expect, it } from 'vitest';
import { commit } from '../../lakehouse/catalog/commit.ts';
import { expire } from '../../lakehouse/catalog/expire.ts';
import { tableFiles } from '../../lakehouse/catalog/files.ts';
import { openLog } from '../../lakehouse/catalog/log.ts';
import { HINT } from '../../lakehouse/catalog/objects.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import { virtualClock } from '../../platform/sim/clock.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import { file } from '../lakehouse/files.ts';

const lake: ObjectStore = env.LAKE;
const ports = { lake, random: seededRandom(1), lake_uri: 's3://inlet-lake' };

beforeEach(() => reset());

it('the table is committed to, read and expired on R2 as it is elsewhere', async () => {
  const files = Array.from({ length: 12 }, (_, at) => file(`table/data/date=2026-03-28/type=track/${at}.parquet`));
  for (const [at, added] of files.entries()) {
    const segment = `segments/2026-03-28T00/${at}.parquet`;
    await lake.put(segment, 'rows');
    const { snapshot, segments } = await openLog(lake);
    expect(segments.map(({ key }) => key)).toEqual([segment]);
    const change = { committed_at: at, as_of: at, add: [added], remove: [], consume: [segment], forget: [] };
    const rivals = await Promise.all([commit(ports, snapshot, change), commit(ports, snapshot, change)]);
    expect(rivals.toSorted()).toEqual(['conflict', 'ok']);
  }
  const clock = virtualClock(Date.UTC(2026, 2, 28));
  expect((await expire({ lake, clock, config: { grace_minutes: 60 } })).versions).toEqual([1, 2]);
  const { snapshot, segments } = await openLog(lake);
  expect(snapshot).toMatchObject({ version: 12, as_of: 11, totals: { files: 12 } });
  expect(segments).toEqual([]);
  expect((await tableFiles(lake, snapshot)).map(({ key }) => key).toSorted()).toEqual(
    files.map(({ key }) => key).toSorted(),
  );
  expect(await (await lake.get(HINT))?.text()).toBe('14');
});
