import type { Database, HotIndex } from '../../platform/ports.ts';
import { InletError } from '../../schemas/errors.ts';
import { type Eras, readEras } from '../index/eras.ts';
import { databaseOf, shardOf } from '../index/shards.ts';
import { bucketOf } from '../index/users.ts';
import { BucketScan } from './bucket-scan.ts';
import type { HotQuery } from './hot-row.ts';
import { type Chunk, MergedScan, type Scan } from './merged-scan.ts';
import type { Moment } from './moment.ts';
import { PlacesScan } from './places-scan.ts';

/**
 * Copies of one user's events, in chunks of rows. A row may hold events on either side of the times asked for too, so copies beyond
 * are among them.
 */
export class HotScan implements Scan {
  readonly #database: Database;
  readonly #moment: Moment;
  readonly #query: HotQuery;
  #scans: MergedScan | null = null;

  /** @throws InletError index_away where the database that has the user is missing */
  constructor(index: HotIndex, moment: Moment, query: HotQuery) {
    this.#database = databaseFor(index, moment.shards, query.user);
    this.#moment = moment;
    this.#query = query;
  }

  /** @returns null when none is left */
  async next(): Promise<Chunk | null> {
    this.#scans ??= await this.#open();
    return this.#scans.next();
  }

  async #open(): Promise<MergedScan> {
    const [database, query, { slot }] = [this.#database, this.#query, this.#moment];
    const { open, sorted } = await erasFor(database, this.#moment, query);
    const scans = open.map((era): Scan => new BucketScan(database, slot, era, query));
    if (sorted.length > 0) scans.push(new PlacesScan(database, slot, sorted, query));
    return new MergedScan(scans, query.order);
  }
}

/** @throws InletError index_away */
export async function erasFor(
  database: Database,
  moment: Moment,
  { oldest, newest }: Pick<HotQuery, 'oldest' | 'newest'>,
): Promise<Eras> {
  try {
    return await readEras(database, moment, oldest, newest);
  } catch (cause) {
    throw new InletError('index_away', { cause });
  }
}

/** @throws InletError index_away where the database that has the user is missing */
export function databaseFor(index: HotIndex, shards: number, user: string): Database {
  try {
    return databaseOf(index, shardOf(bucketOf(user), shards));
  } catch (cause) {
    throw new InletError('index_away', { cause });
  }
}
