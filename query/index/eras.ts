/**
 * Eras of the rows of events: docs/adr/0018-eras-of-the-hot-index.md. Each database has its own, and a slot that is made
 * anew begins with the first.
 */
import type { Database } from '../../platform/ports.ts';
import { BUCKETS } from '../../schemas/buckets.ts';
import type { Slot } from './state.ts';

/** The number that a bucket has among the rows of an era. */
export function bucketIn(era: number, bucket: number): number {
  return era * BUCKETS + bucket;
}

/** SQL of the first bucket of the era that is written to, in the transaction that writes. */
export function firstBucket(slot: Slot): string {
  return `(select era_${slot} * ${BUCKETS} from index_state)`;
}

/** An era whose rows are found by user. All its events lie between these times, epoch milliseconds. */
export interface SortedEra {
  readonly era: number;
  readonly oldest: number;
  readonly newest: number;
}

export interface Eras {
  /** Those whose buckets are to be looked through, the latest first: never none. */
  readonly open: readonly number[];
  /** In no order. */
  readonly sorted: readonly SortedEra[];
}

/** Of the first database. Those beside it are sorted only once some of its eras are. */
export interface KnownEras {
  readonly slot: Slot;
  readonly era: number;
  readonly sorted: number;
}

interface EraRow {
  current: number;
  first_open: number;
  era: number | null;
  oldest: number;
  newest: number;
}

/**
 * Where the rows of a slot are that may hold events between two times, both included, epoch milliseconds. While a reader
 * is at it, rows become sorted, and stay where they were.
 *
 * @throws what the database throws
 */
export async function readEras(database: Database, known: KnownEras, oldest: number, newest: number): Promise<Eras> {
  const { slot } = known;
  // On D1 each statement crosses the network.
  if (known.sorted === 0) return { open: down(known.era, 0), sorted: [] };
  const { results } = await database
    .prepare(
      `select era_${slot} as current, sorted_${slot} as first_open, eras.era, eras.oldest, eras.newest
       from index_state left join eras_${slot} eras
         on eras.era < sorted_${slot} and eras.newest >= ? and eras.oldest <= ?
       where index_state.id = 1`,
    )
    .bind(oldest, newest)
    .all<EraRow>();
  const { current, first_open } = results[0] ?? { current: 0, first_open: 0 };
  return {
    open: down(current, first_open),
    sorted: results.flatMap(({ era, oldest, newest }) => (era === null ? [] : [{ era, oldest, newest }])),
  };
}

function down(from: number, to: number): number[] {
  return Array.from({ length: from - to + 1 }, (_, back) => from - back);
}
