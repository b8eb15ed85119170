import type { Database } from '../../platform/ports.ts';
import { bucketIn } from '../index/eras.ts';
import { ROW_SPAN_MS } from '../index/hot-rows.ts';
import type { Slot } from '../index/state.ts';
import { bucketOf, userHash } from '../index/users.ts';
import type { Copy } from './copy.ts';
import { beginOf, CHUNK_CHARACTERS, CHUNK_ROWS, copiesIn, frontierOf, type HotQuery } from './hot-row.ts';
import type { Chunk, Scan } from './merged-scan.ts';
import { select } from './select.ts';

/** One row in so many comes whoever it belongs to. `content` is a hash: 4 of the 64 characters it begins with are below. */
const SAMPLE = { below: '3', one_in: 16 };

interface Row {
  newest: number;
  content: string;
  /** Null where the row holds nothing of the user. */
  users: string | null;
  events: string | null;
}

/** Rows of one era that hold events of the user, among those of the whole bucket. */
export class BucketScan implements Scan {
  readonly #database: Database;
  readonly #query: HotQuery;
  readonly #bucket: number;
  readonly #sql: string;
  #last: { readonly newest: number; readonly content: string } | null;
  #limit = CHUNK_ROWS.first;

  constructor(database: Database, slot: Slot, era: number, query: HotQuery) {
    this.#database = database;
    this.#query = query;
    this.#bucket = bucketIn(era, bucketOf(query.user));
    const isNewest = query.order === 'newest';
    this.#last = { newest: beginOf(query), content: '' };
    const direction = isNewest ? 'desc' : 'asc';
    // A bucket is shared by many users. Giving out a row costs as much as looking at it, so of the others' rows only the
    // sample comes: with it a statement ends after some time even where nothing is of the user. They come without their
    // text, which is then not even read. No subquery: it would read the text of all.
    this.#sql = `select newest, content,
        case when instr(users, ?1) > 0 then users end as users,
        case when instr(users, ?1) > 0 then events end as events
      from events_${slot}
      where bucket = ?2 and (newest, content) ${isNewest ? '<' : '>'} (?3, ?4) and newest >= ?5 and oldest <= ?6
        ${isNewest ? '' : `and newest <= ?6 + ${ROW_SPAN_MS}`}
        and (content < '${SAMPLE.below}' or instr(users, ?1) > 0)
      order by newest ${direction}, content ${direction} limit ?7`;
  }

  /** @returns null when none is left */
  async next(): Promise<Chunk | null> {
    if (this.#last === null) return null;
    const { user, newest, oldest } = this.#query;
    const rows = await select<Row>(
      this.#database,
      this.#sql,
      ` ${userHash(user)}:`,
      this.#bucket,
      this.#last.newest,
      this.#last.content,
      oldest,
      newest,
      this.#limit,
    );
    return this.#chunkOf(rows);
  }

  #chunkOf(rows: readonly Row[]): Chunk {
    const copies: Copy[] = [];
    let [characters, sampled] = [0, 0];
    for (const { content, users, events } of rows) {
      if (content < SAMPLE.below) sampled += 1;
      characters += events?.length ?? 0;
      copies.push(...copiesIn(users ?? '', events ?? '', this.#query.user));
    }
    this.#last = (rows.length < this.#limit ? null : rows.at(-1)) ?? null;
    this.#limit = characters < CHUNK_CHARACTERS ? Math.min(CHUNK_ROWS.most, this.#limit * 2) : CHUNK_ROWS.first;
    const frontier = frontierOf(this.#query.order, this.#last?.newest ?? null);
    return { copies, rows: Math.max(rows.length, sampled * SAMPLE.one_in), characters, frontier };
  }
}
