import type { Copy } from './copy.ts';
import { type Comparison, comparisonOf, type Order, type Position } from './position.ts';

/** Copies that were read and are not decided on yet: in the order of the timeline, each once, within a bound. */
export class Candidates {
  readonly #order: Order;
  readonly #comparePositions: Comparison;
  private sorted: Copy[] = [];
  /** Copies from here on were left out for want of room. */
  private end: Position | null = null;

  constructor(order: Order) {
    this.#order = order;
    this.#comparePositions = comparisonOf(order);
  }

  /** Whether copies were left out: what follows those that are held belongs to a later page. */
  get cut(): boolean {
    return this.end !== null;
  }

  get size(): number {
    return this.sorted.length;
  }

  /** @param room for how many characters of JSON; the copies at one position are kept in any case */
  add(copies: readonly Copy[], room: number): void {
    const { end } = this;
    const welcome = end === null ? copies : copies.filter(({ event }) => this.#comparePositions(event, end) < 0);
    const all = [...this.sorted, ...welcome].sort((a, b) => this.#compareCopies(a, b));
    this.sorted = all.filter((copy, index) => {
      const before = all[index - 1];
      return before === undefined || this.#compareCopies(before, copy) !== 0;
    });
    this.leaveOut(room);
  }

  /** Removes and returns the first ones, none at that time or behind it. */
  take(most: number, frontier: number): Copy[] {
    const isNewest = this.#order === 'newest';
    const stop = this.sorted.findIndex(({ event: { timestamp } }) =>
      isNewest ? timestamp <= frontier : timestamp >= frontier,
    );
    return this.sorted.splice(0, Math.min(most, stop === -1 ? this.sorted.length : stop));
  }

  private leaveOut(room: number): void {
    let characters = 0;
    const stop = this.sorted.findIndex((copy, index) => {
      characters += copy.characters;
      const before = this.sorted[index - 1];
      // Copies at one position stay together: the cursor goes on behind all of them.
      return characters > room && before !== undefined && this.#comparePositions(before.event, copy.event) !== 0;
    });
    if (stop === -1) return;
    this.end = this.sorted[stop]?.event ?? null;
    this.sorted = this.sorted.slice(0, stop);
  }

  #compareCopies(a: Copy, b: Copy): number {
    const compared = this.#comparePositions(a.event, b.event);
    if (compared !== 0 || a.stamp === b.stamp) return compared;
    return a.stamp < b.stamp ? -1 : 1;
  }
}
