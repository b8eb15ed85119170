/** Rows leave every database of a hot index that lies on several, and no reader misses them. */
import { afterEach, expect, test } from 'vitest';
import type { Database, HotIndex } from '../../platform/ports.ts';
import { shardOf } from '../../query/index/shards.ts';
import { bucketOf } from '../../query/index/users.ts';
import { readTimeline } from '../../query/resolve/timeline.ts';
import { HOUR_MS, makeRow, pack, T0, WHOLE_TIMELINE } from '../query/rows.ts';
import { inMemory, type Stores } from './paging.stores.ts';
import { PagingWorld } from './paging.world.ts';

const USERS = Array.from({ length: 12 }, (_, number) => `user ${number}`);

let stores: Stores | null = null;
afterEach(() => stores?.close());

async function openTwo(): Promise<HotIndex & { readonly beside: readonly [Database] }> {
  stores = await inMemory();
  const index = await stores.open(2);
  const [beside] = index.beside ?? [];
  if (beside === undefined) throw new Error('no second database');
  return { ...index, beside: [beside] };
}

async function rowsIn(database: Database): Promise<number> {
  return (await database.prepare('select 1 from events_a union all select 1 from events_b').all()).results.length;
}

/** Some hours with an event of every user in each, all of which the files hold. */
async function filled(index: HotIndex): Promise<PagingWorld> {
  const world = new PagingWorld(index);
  for (let hour = 0; hour < 4; hour += 1) {
    await world.arrive(
      USERS.map((user_key, place) =>
        makeRow({
          ...{ user_key, message_id: `${hour} ${place}`, pack_id: pack(hour), pack_index: place },
          timestamp: T0 + hour * HOUR_MS,
        }),
      ),
    );
  }
  await world.drop();
  for (let builds = 0; builds < 3; builds += 1) world.build(9);
  world.expire(61);
  return world;
}

async function readAll(world: PagingWorld, index: HotIndex = world.index): Promise<(readonly string[])[]> {
  const read = async (user: string): Promise<readonly string[]> => {
    const { edges } = await readTimeline(index, { ...WHOLE_TIMELINE, users: [user] }, async () => T0, world.source);
    return edges.map(({ event }) => event.messageId);
  };
  return Promise.all(USERS.map(read));
}

const DUE = USERS.map((_, place) => [3, 2, 1, 0].map((hour) => `${hour} ${place}`));

test('what the timeline holds leaves all databases but for the last row of each, and all is still read', async () => {
  const index = await openTwo();
  const world = await filled(index);
  const before = [await rowsIn(index), await rowsIn(index.beside[0])];
  expect(Math.min(...before)).toBeGreaterThan(8);
  expect(await world.drop()).toBe(before.reduce((sum, rows) => sum + rows - 1, 0));
  expect([await rowsIn(index), await rowsIn(index.beside[0])]).toEqual([1, 1]);
  expect(await readAll(world)).toEqual(DUE);
  expect((await index.prepare('select distinct shard from index_marks').all()).results).toHaveLength(2);
});

test('whoever reads while rows leave the second database finds them in the files', async () => {
  const user = USERS.find((one) => shardOf(bucketOf(one), 2) === 1) ?? '';
  for (const step of [1, 2]) {
    const index = await openTwo();
    const world = await filled(index);
    let reads = 0;
    const beside: Database = {
      ...index.beside[0],
      prepare(sql) {
        reads += 1;
        if (reads !== step) return index.beside[0].prepare(sql);
        // Right before the rows are looked for, all of them go.
        const late = {
          bind: (...values: Parameters<ReturnType<Database['prepare']>['bind']>) => ({
            ...late,
            async all<Row>() {
              await world.drop();
              return index.beside[0]
                .prepare(sql)
                .bind(...values)
                .all<Row>();
            },
          }),
          all: () => Promise.reject(new Error('nothing is bound')),
          run: () => Promise.reject(new Error('a reader writes nothing')),
        };
        return late;
      },
    };
    const query = { ...WHOLE_TIMELINE, users: [user], first: 2 };
    const one = await readTimeline({ ...index, beside: [beside] }, query, async () => T0, world.source);
    const next = { ...query, after: one.endCursor };
    const two = await readTimeline({ ...index, beside: [beside] }, next, async () => T0, world.source);
    expect([...one.edges, ...two.edges].map(({ event }) => event.messageId)).toEqual(DUE[USERS.indexOf(user)]);
    expect(await rowsIn(index.beside[0])).toBe(1);
  }
});

test('rows that a rebuild has written anew meanwhile stay', async () => {
  const index = await openTwo();
  const world = await filled(index);
  let isFirst = true;
  const beside: Database = {
    prepare: (sql) => index.beside[0].prepare(sql),
    async batch(statements) {
      // Between the note in the first database and the drop in this one, the slots change twice.
      if (isFirst) {
        isFirst = false;
        await world.rebuild();
        await world.rebuild();
      }
      return index.beside[0].batch(statements);
    },
  };
  await expect(world.drop({ ...index, beside: [beside] })).rejects.toThrow(/NOT NULL/);
  expect(await readAll(world)).toEqual(DUE);
});
