/** Sorts the eras of the hot index that are full, a little at a time. The rows stay as they are: what is made are places. */
import type { Database, HotIndex, SqlValue, Statement } from '../../platform/ports.ts';
import { BUCKETS } from '../../schemas/buckets.ts';
import { bucketIn } from './eras.ts';
import { inserts, into } from './inserts.ts';
import { erasOf, onlyInGeneration, readState, type Slot, shardsOf } from './state.ts';
import { hashesIn } from './users.ts';

/** An era is full when its buckets have so many rows on average: what a reader passes over. A busy user ends none sooner. */
const BUCKET_ROWS = 512;
/** Rows whose places are written in one transaction, which no other writer waits for long. */
const ROWS_AT_ONCE = 1_000;
/** Buckets whose places are forgotten in one. */
const BUCKETS_AT_ONCE = 16;

export interface SortSize {
  /** Of an era over all databases. */
  readonly era_rows: number;
  readonly rows_at_once: number;
}

const SIZE: SortSize = { era_rows: BUCKET_ROWS * BUCKETS, rows_at_once: ROWS_AT_ONCE };

/**
 * One step, where there is one to do. Two may be at it: they write the same.
 *
 * @returns whether there may be more to do at once
 * @throws what the database throws, and where a rebuild came in between; the next step goes on
 */
export async function sortIndex(index: HotIndex, { era_rows, rows_at_once }: SortSize = SIZE): Promise<boolean> {
  const state = await readState(index);
  const { active, building } = state;
  for (const slot of building === null ? [active] : [active, building]) {
    const size = { era_rows: era_rows / shardsOf(state, slot), rows_at_once };
    if (await takeStep(index, slot, size)) return true;
    // Until then, readers take it that nothing is sorted anywhere.
    if (erasOf(state, slot).sorted === 0) continue;
    for (const database of index.beside ?? []) {
      if (await takeStep(database, slot, size)) return true;
    }
  }
  return false;
}

async function takeStep(database: Database, slot: Slot, size: SortSize): Promise<boolean> {
  const state = await readState(database);
  const [{ generation }, { era, sorted }] = [state, erasOf(state, slot)];
  if (sorted < era) {
    await sortSome(database, slot, sorted, generation, size.rows_at_once);
    return true;
  }
  if ((await rowsInOpenEra(database, slot)) < size.era_rows) return false;
  await set(database, generation, [`era_${slot} = max(era_${slot}, ${era + 1})`]).run();
  return true;
}

/** Where those before it are all sorted. Rows are numbered as they come, and leave from the first on. */
async function rowsInOpenEra(database: Database, slot: Slot): Promise<number> {
  const { results } = await database
    .prepare(
      `select (select max(rowid) from events_${slot}) as last, (select min(rowid) from events_${slot}) as first,
         (select max(last_row) from eras_${slot}) as sorted`,
    )
    .all<{ last: number | null; first: number | null; sorted: number | null }>();
  const { last, first, sorted } = results[0] ?? {};
  return (last ?? 0) - Math.max((first ?? 1) - 1, sorted ?? 0);
}

interface Row {
  readonly bucket: number;
  readonly newest: number;
  readonly content: string;
  readonly oldest: number;
  readonly users: string;
  readonly row: number;
}

async function sortSome(database: Database, slot: Slot, era: number, generation: number, most: number): Promise<void> {
  const rows = await rowsToSort(database, slot, era, most);
  const places: { readonly row: Row; readonly user: string }[] = rows.flatMap((row) =>
    hashesIn(row.users).map((user) => ({ row, user })),
  );
  // In the order of the table, which SQLite fills fastest.
  places.sort((a, b) => a.row.bucket - b.row.bucket || (a.user < b.user ? -1 : 1));
  const values = places.flatMap(({ row, user }): SqlValue[] => [row.bucket, user, row.newest, row.row]);
  const isLast = rows.length < most;
  await database.batch([
    set(database, generation, isLast ? [`sorted_${slot} = max(sorted_${slot}, ${era + 1})`] : []),
    ...inserts(database, '(?,?,?,?)', into(`places_${slot}`), values),
    ...noteProgress(database, slot, era, rows),
  ]);
}

async function rowsToSort(database: Database, slot: Slot, era: number, most: number): Promise<Row[]> {
  const { results: known } = await database
    .prepare(`select bucket, bucket_newest, bucket_content from eras_${slot} where era = ?`)
    .bind(era)
    .all<{ bucket: number; bucket_newest: number; bucket_content: string }>();
  const { bucket, bucket_newest, bucket_content } = known[0] ?? {
    bucket: bucketIn(era, 0),
    bucket_newest: Number.MIN_SAFE_INTEGER,
    bucket_content: '',
  };
  const { results } = await database
    .prepare(
      `select bucket, newest, content, oldest, users, rowid as row from events_${slot}
       where (bucket, newest, content) > (?, ?, ?) and bucket < ? order by bucket, newest, content limit ?`,
    )
    .bind(bucket, bucket_newest, bucket_content, bucketIn(era + 1, 0), most)
    .all<Row>();
  return results;
}

function noteProgress(database: Database, slot: Slot, era: number, rows: readonly Row[]): Statement[] {
  const last = rows.at(-1);
  if (last === undefined) return [];
  const { bucket, newest, content } = last;
  const times = {
    oldest: Math.min(...rows.map((row) => row.oldest)),
    newest: Math.max(...rows.map((row) => row.newest)),
  };
  const lastRow = Math.max(...rows.map(({ row }) => row));
  return [
    database
      .prepare(
        `insert into eras_${slot} (era, oldest, newest, last_row, bucket, bucket_newest, bucket_content)
         values (?, ?, ?, ?, ?, ?, ?) on conflict (era) do update set
           oldest = min(oldest, excluded.oldest), newest = max(newest, excluded.newest),
           last_row = max(last_row, excluded.last_row), bucket = excluded.bucket,
           bucket_newest = excluded.bucket_newest, bucket_content = excluded.bucket_content`,
      )
      .bind(era, times.oldest, times.newest, lastRow, bucket, newest, content),
  ];
}

/**
 * Forgets the places of eras whose rows have all left. No reader finds a row at them, so it shows nowhere when they go.
 *
 * @throws what the database throws, and where a rebuild came in between; the next call goes on
 */
export async function forgetEras(database: Database, slot: Slot): Promise<void> {
  const state = await readState(database);
  const { results } = await database
    .prepare(`select era from eras_${slot} where era < ? and last_row < (select min(rowid) from events_${slot})`)
    .bind(erasOf(state, slot).sorted)
    .all<{ era: number }>();
  for (const { era } of results) {
    for (let first = bucketIn(era, 0); first < bucketIn(era + 1, 0); first += BUCKETS_AT_ONCE) {
      const places = database.prepare(`delete from places_${slot} where bucket >= ? and bucket < ?`);
      await database.batch([set(database, state.generation, []), places.bind(first, first + BUCKETS_AT_ONCE)]);
    }
    const forget = database.prepare(`delete from eras_${slot} where era = ?`).bind(era);
    await database.batch([set(database, state.generation, []), forget]);
  }
}

/** Fails its whole batch where a rebuild began or ended since: then these rows are none of the slot's any more. */
function set(database: Database, generation: number, changes: readonly string[]): Statement {
  const all = [...changes, onlyInGeneration('?1')].join();
  return database.prepare(`update index_state set ${all} where id = 1`).bind(generation);
}
