/** Events as large as they may be: what a reader holds for a page stays within bounds. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { groupExtents } from '../../lakehouse/timeline/groups.ts';
import { cut, GROUP_BYTES } from '../../lakehouse/timeline/split.ts';
import { newestTimeline } from '../../lakehouse/timeline/store.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import { TimelineFiles } from '../../query/timeline/files.ts';
import { packId } from '../../schemas/pack.ts';
import { groupsKey } from '../../schemas/timeline.ts';
import { modelTimeline } from '../equivalence/timeline.model.ts';
import { append, compact, type TestLake, testLake } from '../lakehouse/lake.ts';
import { event } from '../lakehouse/rows.ts';
import { build, emptyIndex, readWhole } from './world.ts';

const EVENT_BYTES = 32_768;
const USERS = ['ada', 'eve', 'small'];
const EVERYTHING = { from: null, to: null, types: null, events: null };

let lake: TestLake;
beforeEach(() => {
  lake = testLake();
});
afterEach(() => lake.close());

test('rows are cut by bytes, and one that is larger stands alone', () => {
  const size = GROUP_BYTES / 4;
  expect(cut([size, size, size, size, size, 2 * GROUP_BYTES, 1, GROUP_BYTES])).toEqual([
    { first: 0, last: 3 },
    { first: 4, last: 4 },
    { first: 5, last: 5 },
    { first: 6, last: 6 },
    { first: 7, last: 7 },
  ]);
  expect(cut([])).toEqual([]);
});

test('row groups of maximal events are bounded, through builds and merges, and every page reads as before', async () => {
  const random = seededRandom(1);
  const rows = Array.from({ length: 480 }, (_, place) => {
    const isSmall = place % 4 === 3;
    const text = random.hex(1_024).repeat(isSmall ? 0 : EVENT_BYTES / 1_024);
    return event({
      ...{ user_id: isSmall ? 'small' : (USERS[place % 2] ?? ''), message_id: `m${place}` },
      ...{ pack_id: packId('0123456789abcde', place), pack_index: 0, properties: JSON.stringify({ text }) },
    });
  });
  for (const some of [rows.slice(0, 300), rows.slice(300)]) {
    await append(lake, [some]);
    await compact(lake);
    await build(lake);
  }
  const timeline = await newestTimeline(lake.lake);
  const files = (timeline?.runs ?? []).flatMap((run) => run.files);
  const extents = [];
  for (const { key } of files) {
    const bytes = new Uint8Array((await (await lake.lake.get(key))?.arrayBuffer()) ?? new ArrayBuffer());
    extents.push(...groupExtents(bytes));
    expect(await lake.lake.head(groupsKey(key))).not.toBeNull();
  }
  expect(extents.reduce((sum, group) => sum + group.rows, 0)).toBe(rows.length);
  expect(extents.length).toBeGreaterThanOrEqual(3);
  // Headers of pages come on top.
  expect(Math.max(...extents.map(({ bytes }) => bytes))).toBeLessThan(GROUP_BYTES * 1.05);

  const reader = new TimelineFiles(lake);
  for (const user of USERS) {
    expect(await readWhole(emptyIndex(), reader, { users: [user] })).toEqual(
      modelTimeline(rows, { user, ...EVERYTHING }),
    );
  }
});
