import type { Database } from '../../platform/ports.ts';
import { bucketIn, type SortedEra } from '../index/eras.ts';
import { ROW_SPAN_MS } from '../index/hot-rows.ts';
import type { Slot } from '../index/state.ts';
import { bucketOf, userHash } from '../index/users.ts';
import type { Copy } from './copy.ts';
import { beginOf, CHUNK_CHARACTERS, CHUNK_ROWS, copiesIn, frontierOf, type HotQuery } from './hot-row.ts';
import type { Chunk, Scan } from './merged-scan.ts';
import { select } from './select.ts';

/** Eras that one chunk looks into, each by key. */
const ERAS_AT_ONCE = 64;

interface Row {
  newest: number;
  row: number;
  users: string;
  events: string;
}

/** An era that may have more. */
interface Part {
  readonly bucket: number;
  /** What is not read of it holds nothing before this. */
  frontier: number;
  /** The last row that was read. */
  last: { readonly newest: number; readonly row: number };
}

/** Rows of sorted eras that hold events of the user. What comes first is read first, so of most eras often nothing. */
export class PlacesScan implements Scan {
  readonly start: number;
  readonly #database: Database;
  readonly #query: HotQuery;
  readonly #sql: string;
  #parts: Part[];
  #limit = CHUNK_ROWS.first;

  constructor(database: Database, slot: Slot, eras: readonly SortedEra[], query: HotQuery) {
    this.#database = database;
    this.#query = query;
    const isNewest = query.order === 'newest';
    this.#parts = eras.map(({ era, newest, oldest }) => ({
      bucket: bucketIn(era, bucketOf(query.user)),
      frontier: isNewest ? newest : oldest,
      last: { newest: beginOf(query), row: 0 },
    }));
    this.start = this.#frontier();
    const [before, direction] = isNewest ? ['<', 'desc'] : ['>', 'asc'];
    // A row that has left the index meanwhile is none.
    this.#sql = `select places.newest, places.row, events.users, events.events
      from places_${slot} places cross join events_${slot} events on events.rowid = places.row
      where places.bucket = ?1 and places.user = ?2 and (places.newest, places.row) ${before} (?3, ?4)
        and places.newest >= ?5 and places.newest <= ?6 + ${ROW_SPAN_MS} and events.oldest <= ?6
      order by places.newest ${direction}, places.row ${direction} limit ?7`;
  }

  /** @returns null when none is left */
  async next(): Promise<Chunk | null> {
    if (this.#parts.length === 0) return null;
    const copies: Copy[] = [];
    let [rows, characters, looks] = [0, 0, 0];
    while (this.#parts.length > 0 && rows < this.#limit && characters < CHUNK_CHARACTERS && looks < ERAS_AT_ONCE) {
      const found = await this.#rowsOf(this.#hindmost(), this.#limit - rows);
      for (const { users, events } of found) {
        characters += events.length;
        copies.push(...copiesIn(users, events, this.#query.user));
      }
      rows += found.length;
      looks += 1;
    }
    this.#limit = characters < CHUNK_CHARACTERS ? Math.min(CHUNK_ROWS.most, this.#limit * 2) : CHUNK_ROWS.first;
    return { copies, rows: rows + looks, characters, frontier: this.#frontier() };
  }

  async #rowsOf(part: Part | undefined, most: number): Promise<Row[]> {
    if (part === undefined) return [];
    const { user, newest, oldest, order } = this.#query;
    const { bucket, last } = part;
    const values = [bucket, userHash(user), last.newest, last.row, oldest, newest, most];
    const rows = await select<Row>(this.#database, this.#sql, ...values);
    const end = rows.at(-1);
    if (end === undefined || rows.length < most) this.#parts = this.#parts.filter((other) => other !== part);
    else {
      part.last = end;
      part.frontier = frontierOf(order, end.newest);
    }
    return rows;
  }

  /** What holds up the rest. */
  #hindmost(): Part | undefined {
    const frontier = this.#frontier();
    return this.#parts.find((part) => part.frontier === frontier);
  }

  #frontier(): number {
    const frontiers = this.#parts.map(({ frontier }) => frontier);
    return this.#query.order === 'newest' ? Math.max(...frontiers) : Math.min(...frontiers);
  }
}
