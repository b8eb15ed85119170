import { expect, test } from 'vitest';
import { commit } from '../../lakehouse/catalog/commit.ts';
import { expire } from '../../lakehouse/catalog/expire.ts';
import { type IdentityPart, readIdentities } from '../../lakehouse/catalog/identities.ts';
import { listAll } from '../../lakehouse/catalog/objects.ts';
import { loadSnapshot } from '../../lakehouse/catalog/store.ts';
import { planPartMerges } from '../../lakehouse/compact/plan-parts.ts';
import { runCompaction } from '../../lakehouse/compact/run.ts';
import { s3Files } from '../../platform/bun/local-files.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { packId } from '../../schemas/pack.ts';
import { append, CONFIG, compact, filesOf, seen, sightOf, type TestLake } from './lake.ts';
import { openLake } from './open.ts';
import { event, START } from './rows.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

let packs = 0;
/** A segment of one event. @returns the event */
async function arrive(lake: TestLake, message_id: string, columns: Partial<EventRow> = {}): Promise<EventRow> {
  packs += 1;
  const received_at = columns.received_at ?? START;
  const row = event({ message_id, timestamp: received_at, pack_id: packId('0123456789abcde', packs), ...columns });
  await append(lake, [[row]]);
  return row;
}

async function indexOf({ lake }: TestLake): Promise<readonly IdentityPart[]> {
  return (await readIdentities(lake, await loadSnapshot(lake)))?.parts ?? [];
}

/** Compacts. @returns keys of the files of the table that were read */
async function filesRead(lake: TestLake): Promise<string[]> {
  const read = new Set<string>();
  const watched: ObjectStore = {
    ...lake.lake,
    get: (key, options) => {
      if (key.startsWith('table/data/')) read.add(key);
      return lake.lake.get(key, options);
    },
  };
  const files = s3Files(watched, lake.files.scratch_dir);
  await runCompaction({ ...lake, lake: watched, files, config: CONFIG });
  return [...read];
}

test.each([
  ['with a time', (number: number) => `ajs-next-${START + number}-c568a023-bc38-4324-ac24-f0cb924f816${number}`],
  ['without', (number: number) => `c568a023-bc38-4324-ac24-f0cb924f816${number}`],
])(
  'the table is not read for new ids %s, nor for a later copy; for an earlier one the file that it is in',
  async (_, id) => {
    const lake = openLake();
    for (const number of [1, 2, 3]) {
      await arrive(lake, id(number), { received_at: START + number * DAY_MS });
      expect(await filesRead(lake)).toEqual([]);
    }
    await arrive(lake, id(2), { received_at: START + 4 * DAY_MS });
    expect(await filesRead(lake)).toEqual([]);
    await arrive(lake, id(2), { received_at: START + DAY_MS });
    const second = (await filesOf(lake)).filter(({ date }) => date === '2026-03-30').map(({ key }) => key);
    expect(await filesRead(lake)).toEqual(second);
    expect((await filesOf(lake)).length).toBe(3);
  },
);

test('an index that is not there is made again from the table, and copies are found meanwhile and after', async () => {
  const lake = openLake();
  const late = await arrive(lake, 'a', { received_at: START + MINUTE_MS });
  await compact(lake);
  const nothing = { committed_at: START, as_of: null, add: [], remove: [], forget: [] };
  expect(await commit(lake, await loadSnapshot(lake.lake), { ...nothing, consume: ['segments/other'] })).toBe('ok');
  expect((await loadSnapshot(lake.lake)).identities).toBeNull();
  const other = await arrive(lake, 'b');
  expect(await compact(lake)).toMatchObject({ copies: 0 });
  expect((await indexOf(lake)).reduce((total, { rows }) => total + rows, 0)).toBe(2);
  const early = await arrive(lake, 'a', { user_key: 'eve' });
  expect(await compact(lake)).toMatchObject({ copies: 1 });
  expect(await seen(lake)).toEqual(sightOf([early, other]));
  expect(late.message_id).toBe(early.message_id);
});

test('an index of another format is made again', async () => {
  const lake = openLake();
  const first = await arrive(lake, 'a');
  await compact(lake);
  const { identities } = await loadSnapshot(lake.lake);
  await lake.lake.put(identities ?? '', JSON.stringify({ format: 0 }));
  await arrive(lake, 'a', { received_at: START + 1 });
  expect(await seen(lake)).toEqual(sightOf([first]));
  await compact(lake);
  expect(await seen(lake)).toEqual(sightOf([first]));
  expect((await indexOf(lake)).reduce((total, { rows }) => total + rows, 0)).toBe(1);
});

test('the index forgets what arrived before the window; a segment from then is compared with the table itself', async () => {
  const lake = openLake();
  const rows: EventRow[] = [];
  for (let day = 0; day < 14; day += 1) {
    rows.push(await arrive(lake, `m${day}`, { received_at: START + day * DAY_MS }));
    await compact(lake);
  }
  const indexed = (await indexOf(lake)).reduce((total, part) => total + part.rows, 0);
  expect(indexed).toBeLessThan(11);
  expect(indexed).toBeGreaterThan(7);
  // A consumer that was away for twelve days.
  await arrive(lake, 'm1', { received_at: START + 2 * DAY_MS });
  expect(await seen(lake)).toEqual(sightOf(rows));
  expect(await compact(lake)).toMatchObject({ copies: 1, files_removed: 0 });
  expect(await seen(lake)).toEqual(sightOf(rows));

  await lake.clock.advance(DAY_MS);
  for (let number = 0; number < 11; number += 1) {
    await arrive(lake, `last${number}`, { received_at: START + 14 * DAY_MS });
    await compact(lake);
  }
  await lake.clock.advance(DAY_MS);
  await expire({ ...lake, config: CONFIG });
  const stored = (await listAll(lake.lake, 'table/identities/')).map(({ key }) => key);
  expect(stored).toEqual(expect.arrayContaining((await indexOf(lake)).map(({ key }) => key)));
  expect(stored.length).toBeLessThan(25);
});

function part(received_before: number, rows: number, identity_min = '0'): IdentityPart {
  return { key: String(received_before), rows, bytes: rows, identity_min, identity_max: identity_min, received_before };
}

test('weeks of one unit every five minutes leave few parts, each row written again a few times', () => {
  let parts: IdentityPart[] = [];
  let rewritten = 0;
  const units = 14 * 288;
  for (let unit = 1; unit <= units; unit += 1) {
    const now = unit * 5 * MINUTE_MS;
    for (const group of planPartMerges(parts)) {
      const rows = group.reduce((total, merged) => total + merged.rows, 0);
      rewritten += rows;
      const before = Math.max(...group.map(({ received_before }) => received_before));
      parts = [...parts.filter((old) => !group.includes(old)), part(before, rows)];
    }
    parts = [...parts.filter(({ received_before }) => received_before > now - 8 * DAY_MS), part(now, 3_000)];
    expect(parts.length).toBeLessThan(35);
  }
  expect(rewritten / (units * 3_000)).toBeLessThan(5);
});

test('ids with and without a time stay in parts of their own, and a large part is left alone', () => {
  const untimed = String(2n ** 63n + 1n);
  const parts = [part(10, 5), part(10, 6), part(10, 7, untimed), part(10, 5_000_000), part(2 * DAY_MS, 5)];
  expect(planPartMerges(parts)).toEqual([[parts[0], parts[1]]]);
});
