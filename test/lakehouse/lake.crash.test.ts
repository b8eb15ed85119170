/**
 * Death after every single write of append, compaction and expiry, with real files: all of them, one by one. A death
 * between two reads is the same death, as nothing changes there. Each is followed by a second one, at a place that a
 * seeded coin names, and then by a process that lives. Whatever died where: `events` has each event once, and the table is
 * what it was before or what it is after.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareRows } from '../../lakehouse/append/order.ts';
import { readRows } from '../../lakehouse/append/read.ts';
import { commit } from '../../lakehouse/catalog/commit.ts';
import { expire } from '../../lakehouse/catalog/expire.ts';
import { namedNow, unnamed } from '../../lakehouse/catalog/named.ts';
import { loadSnapshot } from '../../lakehouse/catalog/store.ts';
import { s3Files } from '../../platform/bun/local-files.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { packId } from '../../schemas/pack.ts';
import { append, CONFIG, compact, filesOf, seen, sightOf, type TestLake, testLake } from './lake.ts';
import { openLake } from './open.ts';
import { event, START, winnersOf } from './rows.ts';
import { copyStore, Killed, mortalStore } from './stores.ts';

const HOUR_MS = 3_600_000;
const YESTERDAY = START - 24 * HOUR_MS;

function pack(number: number, ...rows: Partial<EventRow>[]): EventRow[] {
  const pack_id = packId('0123456789abcde', number);
  return rows.map((columns, pack_index) => event({ ...columns, pack_id, pack_index }));
}

const IN_TABLE = [
  pack(1, { message_id: 'a', received_at: START + 900 }, { message_id: 'b', timestamp: YESTERDAY }),
  pack(2, { message_id: 'c', received_at: START + 900 }),
];
/** Copies: one lost to the table, one that came before it, under another user and date; and what is new. */
const WAITING = pack(
  3,
  { message_id: 'b', received_at: START + 5_000 },
  { message_id: 'a', received_at: START + 1, user_id: 'eve', timestamp: YESTERDAY },
  { message_id: 'd' },
);
const COMING = [
  pack(4, { message_id: 'e' }, { message_id: 'c', received_at: START + 2 }),
  pack(5, { message_id: 'f' }),
];

let origin: TestLake;

/** Two compactions, of which the second replaced a file; snapshots enough to expire; what a killed writer left; segments. */
beforeAll(async () => {
  origin = testLake();
  for (const some of IN_TABLE) {
    await append(origin, [some]);
    await compact(origin);
  }
  const nothing = { as_of: null, add: [], remove: [], consume: [], forget: [] };
  for (let number = 0; number < 11; number += 1) {
    const change = { ...nothing, committed_at: origin.clock.now() };
    expect(await commit(origin, await loadSnapshot(origin.lake), change)).toBe('ok');
  }
  await origin.lake.put('table/data/date=2026-03-28/type=track/of-a-killed-writer.parquet', 'rows');
  await append(origin, [WAITING]);
});
afterAll(() => origin.close());

/** The same lake two days later, when everything in it is old. */
async function fork(): Promise<TestLake> {
  const lake = openLake();
  await copyStore(origin.lake, lake.lake);
  await lake.clock.advance(48 * HOUR_MS);
  return lake;
}

type Work = (lake: TestLake) => Promise<unknown>;

/** @returns whether it died before it was done */
async function dies(work: Work, lake: TestLake, writes: number): Promise<boolean> {
  const mortal = mortalStore(lake.lake, writes);
  const files = s3Files(mortal, lake.files.scratch_dir);
  return work({ ...lake, lake: mortal, files }).then(
    () => false,
    (error: unknown) => {
      if (error instanceof Killed) return true;
      throw error;
    },
  );
}

async function tableRows(lake: TestLake): Promise<EventRow[]> {
  const rows: EventRow[] = [];
  for (const { key } of await filesOf(lake)) for await (const group of readRows(lake.lake, key)) rows.push(...group);
  return rows.toSorted(compareRows);
}

function tableOf(...packs: readonly EventRow[][]): EventRow[] {
  return winnersOf(packs.flat()).toSorted(compareRows);
}

interface Plan {
  readonly work: Work;
  /** Of the log: what every reader sees of these at any time, after the first death and after the second. */
  readonly inLog: readonly EventRow[][];
  /** Rows that the table may have meanwhile. */
  readonly tables: readonly EventRow[][];
}

/** Dies after each write in turn. @returns how many places there were to die at */
async function dieEverywhere({ work, inLog, tables }: Plan, after: Work): Promise<number> {
  const random = seededRandom(7);
  let points = 0;
  const look = async (lake: TestLake): Promise<void> => {
    expect(await seen(lake)).toEqual(sightOf(tableOf(...inLog)));
    expect(tables).toContainEqual(await tableRows(lake));
  };
  for (let died = true; died; points += 1) {
    const lake = await fork();
    died = await dies(work, lake, points);
    await look(lake);
    if (died && (await dies(work, lake, random.below(points + 4)))) await look(lake);
    await work(lake);
    await look(lake);
    await after(lake);
    lake.close();
  }
  return points;
}

test('killed after any write of a compaction: nothing lost, nothing twice, in the table and in events', async () => {
  const inLog = [...IN_TABLE, WAITING];
  const [before, done] = [tableOf(...IN_TABLE), tableOf(...inLog)];
  const points = await dieEverywhere({ work: (lake) => compact(lake), inLog, tables: [before, done] }, async (lake) => {
    expect(await tableRows(lake)).toEqual(done);
  });
  // Nothing, files of two days, the manifests, their list, the segments, the metadata, the hint.
  expect(points).toBeGreaterThanOrEqual(9);
});

test('killed after any write of expiry: what a reader needs stays, and what nobody needs goes with the next run', async () => {
  const plan = {
    work: (lake: TestLake) => expire({ ...lake, config: CONFIG }),
    inLog: [...IN_TABLE, WAITING],
    tables: [tableOf(...IN_TABLE)],
  };
  const points = await dieEverywhere(plan, async ({ lake }) => {
    expect(unnamed((await lake.list({ prefix: 'table/' })).objects, await namedNow(lake))).toEqual([]);
    expect((await lake.list({ prefix: 'segments/' })).objects).toHaveLength(1);
  });
  // Metadata twice with its hints, versions one by one, two segments, and the left-over file with metadata.
  expect(points).toBeGreaterThanOrEqual(12);
});

test('killed before or after the put of a segment, packs come again in other groups, and count once', async () => {
  const [fourth = [], fifth = []] = COMING;
  const all = [...IN_TABLE, WAITING, ...COMING];
  for (const isStored of [false, true]) {
    const lake = await fork();
    // Append has one write: it died before it, or after it and before anybody heard.
    if (isStored) expect(await dies((mortal) => append(mortal, [fourth]), lake, 1)).toBe(true);
    expect(await seen(lake)).toEqual(sightOf(tableOf(...all.slice(0, isStored ? -1 : -2))));
    await append(lake, [fourth, fifth]);
    expect(await seen(lake)).toEqual(sightOf(tableOf(...all)));
    // A third delivery, while compaction dies and goes on.
    await dies((mortal) => compact(mortal), lake, isStored ? 3 : 6);
    await append(lake, [fifth]);
    expect(await seen(lake)).toEqual(sightOf(tableOf(...all)));
    await compact(lake);
    expect(await tableRows(lake)).toEqual(tableOf(...all));
    expect(await seen(lake)).toEqual(sightOf(tableOf(...all)));
  }
});
