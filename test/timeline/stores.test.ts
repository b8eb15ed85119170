/** The whole way with real parts: segments in a folder, compaction and builds by DuckDB, the hot index in a file of SQLite. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { appendSegment } from '../../lakehouse/append/append.ts';
import { expire } from '../../lakehouse/catalog/expire.ts';
import { runCompaction } from '../../lakehouse/compact/run.ts';
import { buildTimeline } from '../../lakehouse/timeline/build.ts';
import { tendHotWindow } from '../../platform/app/hot-window.ts';
import { rebuildNow } from '../../platform/app/tend.ts';
import { folderStore } from '../../platform/bun/folder-store.ts';
import { folderFiles } from '../../platform/bun/local-files.ts';
import { applyMigrations } from '../../platform/bun/migrations.ts';
import { sqliteDatabase } from '../../platform/bun/sqlite-database.ts';
import { zstdCompressor } from '../../platform/bun/system.ts';
import { virtualClock } from '../../platform/sim/clock.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import { resolveUser } from '../../query/identity/resolve-user.ts';
import { writeRows } from '../../query/index/write.ts';
import type { Moment } from '../../query/resolve/moment.ts';
import { readTimeline } from '../../query/resolve/timeline.ts';
import { TimelineFiles } from '../../query/timeline/files.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { parseConfig } from '../../schemas/config.ts';
import { RETRACTION_TYPE } from '../../schemas/event.ts';
import { packId } from '../../schemas/pack.ts';
import { event, START } from '../lakehouse/rows.ts';
import { T0, WHOLE_TIMELINE } from '../query/support.ts';
import { keysOf, shownOf } from './paging.people.ts';
import { labelsOf } from './world.ts';

const HOUR_MS = 3_600_000;
const USER = 'ada';
const DEVICE = 'phone';

const closes: (() => void)[] = [];
afterEach(() => {
  for (const close of closes.splice(0)) close();
});

async function openWorld(seed: number) {
  const folder = mkdtempSync(join(tmpdir(), 'inlet-timeline-'));
  const lake = folderStore(join(folder, 'lake'));
  const index = sqliteDatabase(join(folder, 'hot-index.sqlite'));
  await applyMigrations(index, 'hot-index');
  const clock = virtualClock(START + 240 * HOUR_MS);
  const random = seededRandom(seed);
  const config = parseConfig({});
  const central = { lake, files: folderFiles(join(folder, 'lake'), join(folder, 'scratch')), clock, random, config };
  closes.push(() => {
    index.close();
    rmSync(folder, { recursive: true, force: true });
  });
  /** Columns of a call. */
  function drawn(): Partial<EventRow> {
    const kind = random.below(10);
    if (kind === 0) return { type: 'identify', event: null, user_key: USER, anonymous_id: DEVICE };
    if (kind === 1) {
      const target = { name: 'shop', previous_id: `m${random.below(40)}` };
      return { type: RETRACTION_TYPE, event: null, user_key: 'support', timestamp: 0, ...target };
    }
    return kind % 2 === 0 ? { user_key: USER } : { user_key: DEVICE, user_id: null, anonymous_id: DEVICE };
  }
  let packs = 0;
  const log: EventRow[] = [];
  return {
    index,
    lake,
    clock,
    log,
    files: () => new TimelineFiles({ lake, clock }),
    /**
     * A pack of events, of which some are copies under other users and times, or arrived before what they copy; some of
     * them join the device to the user, and some take others back.
     */
    async arrive(): Promise<void> {
      packs += 1;
      const pack_id = packId('0123456789abcde', packs);
      const rows = Array.from({ length: 1 + random.below(8) }, (_, pack_index) =>
        event({
          ...{ message_id: `m${random.below(40)}`, pack_id, pack_index },
          ...{ timestamp: START + random.below(48) * HOUR_MS, received_at: START + random.below(90) * HOUR_MS },
          ...drawn(),
        }),
      );
      await appendSegment(lake, rows, [pack_id], zstdCompressor);
      await writeRows(index, rows);
      log.push(...rows);
    },
    async central(minutes: number): Promise<void> {
      await clock.advance(minutes * 60_000);
      await runCompaction({ ...central, lake_uri: 'file:///lake' });
      await buildTimeline(central);
      await expire(central);
    },
    drop: () => tendHotWindow({ lake, index, clock }, 0),
    due(order: 'newest' | 'oldest'): string[] {
      const sign = order === 'newest' ? -1 : 1;
      const keys = keysOf(log, USER);
      return shownOf(log)
        .filter(({ user_key }) => keys.has(user_key))
        .sort((a, b) => sign * (a.timestamp - b.timestamp) || (a.message_id < b.message_id ? -1 : 1))
        .map(({ timestamp, source, message_id }) => `${timestamp} ${source} ${message_id}`);
    },
  };
}

test.each([
  [1, 'newest'],
  [2, 'oldest'],
] as const)(
  'pages over the index and the files show page one, whatever leaves and comes between (seed %i, %s)',
  async (seed, order) => {
    const world = await openWorld(seed);
    let dropped = 0;
    for (let round = 0; round < 6; round += 1) {
      await world.arrive();
      dropped += await world.drop();
      await world.central(70);
    }
    expect(dropped).toBeGreaterThan(0);
    const due = world.due(order);
    const shown: string[] = [];
    const query = { ...WHOLE_TIMELINE, users: [USER], order, first: 6 };
    const resolve = (moment: Moment) => resolveUser(world.index, moment, USER);
    let files = world.files();
    let page = await readTimeline(world.index, query, async () => T0, files, resolve);
    for (let pages = 0; ; pages += 1) {
      shown.push(...labelsOf(page));
      if (!page.hasNextPage) break;
      if (pages < 3) {
        await world.arrive();
        await world.central(16);
        dropped += await world.drop();
        // Another process.
        files = world.files();
      }
      page = await readTimeline(world.index, { ...query, after: page.endCursor }, async () => T0, files, resolve);
    }
    expect(shown.filter((label) => due.includes(label))).toEqual(due);
    expect(new Set(shown).size).toBe(shown.length);
    await rebuildNow(world, () => {});
    const whole = { ...query, first: 1_000 };
    const { edges } = await readTimeline(world.index, whole, async () => T0, null, resolve);
    expect(edges.map(({ event: { timestamp, source, messageId } }) => `${timestamp} ${source} ${messageId}`)).toEqual(
      world.due(order),
    );
  },
);

test('without files, an index from which events have left says so instead of showing the rest', async () => {
  const { index } = await openWorld(3);
  index.execute('update index_state set dropped = 1');
  const asked = readTimeline(index, WHOLE_TIMELINE, async () => T0);
  await expect(asked).rejects.toMatchObject({ code: 'index_away' });
});
