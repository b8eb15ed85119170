/** Appenders, compactors, expiry and a reader over one lake, taking turns at each single call of the store. */
import { expect, test } from 'vitest';
import { commit } from '../../lakehouse/catalog/commit.ts';
import { expire } from '../../lakehouse/catalog/expire.ts';
import { tableFiles } from '../../lakehouse/catalog/files.ts';
import { openLog } from '../../lakehouse/catalog/log.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import { virtualClock } from '../../platform/sim/clock.ts';
import { memoryStore } from '../../platform/sim/object-store.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import { file } from './files.ts';
import { takeTurns } from './turns.ts';

const ROUNDS = 200;
const APPENDERS = 8;
const COMPACTORS = 2;
const DAYS = ['2026-03-26', '2026-03-27', '2026-03-28'];

test('8 appenders, 2 compactors, 1 expiry and 1 reader over 200 rounds: each row is seen exactly once', async () => {
  const clock = virtualClock(Date.UTC(2026, 2, 28));
  const random = seededRandom(5);
  const lake = memoryStore(clock);
  const turns = takeTurns(random);
  const config = { grace_minutes: 10 };
  const appended = new Set<string>();
  let rows = 0;
  const outcomes = { ok: 0, conflict: 0 };

  async function append(store: ObjectStore): Promise<void> {
    rows += 1;
    const row = String(rows);
    await store.put(`segments/2026-03-28T00/${row.padStart(6, '0')}.parquet`, row);
    appended.add(row);
  }

  async function textOf(store: ObjectStore, key: string): Promise<string> {
    const object = await store.get(key);
    if (object === null) throw new Error(`${key} is gone`);
    return object.text();
  }

  /** What waits becomes one file, together with a file of the table; every other time only that. */
  async function compact(store: ObjectStore): Promise<void> {
    const { snapshot, segments: waiting, gone } = await openLog(store);
    const segments = random.below(2) === 0 ? waiting : [];
    const files = await tableFiles(store, snapshot);
    const remove = files.length > 5 ? [files[random.below(files.length)]].filter((old) => old !== undefined) : [];
    const texts: string[] = [];
    for (const { key } of [...remove, ...segments]) texts.push(await textOf(store, key));
    if (texts.length === 0) return;
    const day = DAYS[random.below(DAYS.length)] ?? '';
    const added = file(`table/data/date=${day}/type=track/${random.hex(32)}.parquet`, day);
    await store.put(added.key, texts.join(' '));
    const consume = segments.map(({ key }) => key);
    const change = { committed_at: clock.now(), as_of: null, add: [added], remove, consume, forget: gone };
    outcomes[await commit({ lake: store, random, lake_uri: 'file:///lake' }, snapshot, change)] += 1;
  }

  async function read(store: ObjectStore): Promise<void> {
    const before = new Set(appended);
    const { snapshot, segments } = await openLog(store);
    const seen: string[] = [];
    for (const { key } of [...(await tableFiles(store, snapshot)), ...segments]) {
      seen.push(...(await textOf(store, key)).split(' '));
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect([...before].filter((row) => !seen.includes(row))).toEqual([]);
  }

  for (let round = 0; round < ROUNDS; round += 1) {
    const actors = [
      ...Array.from({ length: APPENDERS }, () => append),
      ...Array.from({ length: COMPACTORS }, () => compact),
      (store: ObjectStore) => expire({ lake: store, clock, config }).then(() => {}),
      read,
    ];
    await turns.run(actors.map((actor) => () => actor(turns.store(lake))));
    await clock.advance(random.below(60) * 60_000);
  }
  expect(appended.size).toBe(ROUNDS * APPENDERS);
  await read(lake);
  expect(outcomes.ok).toBeGreaterThan(ROUNDS);
  expect(outcomes.conflict).toBeGreaterThan(20);
}, 60_000);
