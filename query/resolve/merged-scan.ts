import type { Copy } from './copy.ts';
import type { Order } from './position.ts';

/** What one step of a scan found. */
export interface Chunk {
  readonly copies: Copy[];
  /** About how many rows were looked at. */
  readonly rows: number;
  readonly characters: number;
  /**
   * What is not read yet holds nothing that comes before this, epoch milliseconds; when nothing is left, -Infinity for
   * newest first and Infinity for oldest first.
   */
  readonly frontier: number;
}

/** Copies of events in one place, from one end to the other. */
export interface Scan {
  /** The frontier before the first step, where it is known. */
  readonly start?: number;
  /** @returns null when nothing is left */
  next(): Promise<Chunk | null>;
}

interface Source {
  readonly scan: Scan;
  frontier: number;
  isDone: boolean;
}

/** Sources that are read at once. */
const READS_AT_ONCE = 6;

/** Several scans as one: it goes on with the ones that hold up the rest. */
export class MergedScan implements Scan {
  readonly #sources: readonly Source[];
  readonly #isNewest: boolean;

  constructor(scans: readonly Scan[], order: Order) {
    this.#isNewest = order === 'newest';
    const unread = this.#isNewest ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    this.#sources = scans.map((scan) => ({ scan, frontier: scan.start ?? unread, isDone: false }));
  }

  async next(): Promise<Chunk | null> {
    const open = this.#sources.filter(({ isDone }) => !isDone);
    if (open.length === 0) return null;
    const hindmost = this.#frontier();
    const due = open.filter(({ frontier }) => frontier === hindmost).slice(0, READS_AT_ONCE);
    const chunks = (await Promise.all(due.map((source) => this.#step(source)))).filter((chunk) => chunk !== null);
    return {
      copies: chunks.flatMap(({ copies }) => copies),
      rows: chunks.reduce((sum, { rows }) => sum + rows, 0),
      characters: chunks.reduce((sum, { characters }) => sum + characters, 0),
      frontier: this.#frontier(),
    };
  }

  async #step(source: Source): Promise<Chunk | null> {
    const chunk = await source.scan.next();
    source.frontier = chunk?.frontier ?? (this.#isNewest ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
    source.isDone = chunk === null || !Number.isFinite(source.frontier);
    return chunk;
  }

  #frontier(): number {
    const frontiers = this.#sources.map(({ frontier }) => frontier);
    return this.#isNewest ? Math.max(...frontiers) : Math.min(...frontiers);
  }
}
