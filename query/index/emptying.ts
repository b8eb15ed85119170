/**
 * Empties the slot that is not in use, in portions. Each is one statement and one transaction, so that other writers wait
 * for one of them at most, and each takes along that the slot is still unused: it can stop anywhere, two may be at it, and
 * none empties a slot that has been taken into use since.
 */
import type { Database, HotIndex } from '../../platform/ports.ts';
import { readState, type Slot } from './state.ts';

interface Table {
  readonly name: string;
  /** Columns that tell the rows apart, in the order in which they lie. */
  readonly key: string;
  /** The column that makes rows large. */
  readonly text?: string;
}

/** What a slot is made of, in every database. */
const TABLES: readonly Table[] = [
  { name: 'events', key: 'rowid', text: 'events' },
  { name: 'eras', key: 'era' },
  { name: 'places', key: 'bucket, user, newest, row' },
  { name: 'identities', key: 'identity, stamp' },
  { name: 'traits', key: 'user_key, timestamp, stamp', text: 'traits' },
  { name: 'links', key: 'id, timestamp, stamp' },
  { name: 'members', key: 'person, id' },
  { name: 'groups', key: 'user_key, timestamp, stamp', text: 'traits' },
  { name: 'group_members', key: 'group_id, user_key' },
  { name: 'retractions', key: 'target, stamp' },
];

/** What goes at once, at most: the row that reaches the number of bytes goes too. */
export interface PortionSize {
  readonly rows: number;
  readonly bytes: number;
}

/** 10 to 40 ms on a disk, of small rows as of thirty of 256 KB: less than a batch of the consumer takes. D1 gives it 30 s. */
const PORTION: PortionSize = { rows: 2_000, bytes: 8_000_000 };

/**
 * Empties what a rebuild has left behind: the slot that was in use before it, or the one that it did not finish.
 *
 * @param mayGoOn asked after each portion that leaves more to do
 * @returns whether nothing is left; also false where both slots are in use
 */
export async function emptyUnused(
  index: HotIndex,
  mayGoOn: () => Promise<boolean>,
  size: PortionSize = PORTION,
): Promise<boolean> {
  for (const database of [index, ...(index.beside ?? [])]) {
    if (!(await emptyIn(database, index, mayGoOn, size))) return false;
  }
  return true;
}

async function emptyIn(
  database: Database,
  index: HotIndex,
  mayGoOn: () => Promise<boolean>,
  size: PortionSize,
): Promise<boolean> {
  for (;;) {
    // In this order: a rebuild that takes the slot says so in the first database, and then counts up in each other one.
    const { generation } = await readState(database);
    const { active, building } = await readState(index);
    if (building !== null) return false;
    const slot = otherThan(active);
    const tables = await tablesWithRows(database, slot);
    if (tables.length === 0) return true;
    for (const table of tables) {
      while (await deleteSome(database, slot, table, generation, size)) {
        if (!(await mayGoOn())) return false;
      }
    }
  }
}

export function otherThan(slot: Slot): Slot {
  return slot === 'a' ? 'b' : 'a';
}

async function tablesWithRows(database: Database, slot: Slot): Promise<Table[]> {
  const looks = TABLES.map(({ name }) => `exists (select 1 from ${name}_${slot}) as "${name}"`);
  const { results } = await database.prepare(`select ${looks.join()}`).all<Record<string, number>>();
  return TABLES.filter(({ name }) => results[0]?.[name] === 1);
}

/** @returns whether the portion was full: then there may be more. None goes where the generation is another by now. */
async function deleteSome(
  database: Database,
  slot: Slot,
  { name, key, text }: Table,
  generation: number,
  size: PortionSize,
): Promise<boolean> {
  // Of a text, its length in bytes is known without reading it.
  const bytes = text === undefined ? '0' : `coalesce(octet_length(${text}), 0)`;
  const { results } = await database
    .prepare(
      `delete from ${name}_${slot} where (${key}) in (
         select ${key} from (
           select ${key}, sum(bytes) over (order by ${key}) - bytes as bytes_before from (
             select ${key}, ${bytes} as bytes from ${name}_${slot} order by ${key} limit ?1))
         where bytes_before < ?2)
       and (select generation from index_state) = ?3
       returning ${bytes} as bytes`,
    )
    .bind(size.rows, size.bytes, generation)
    .all<{ bytes: number }>();
  return results.length >= size.rows || results.reduce((sum, row) => sum + row.bytes, 0) >= size.bytes;
}
