/** A binary heap: the item with the smallest rank comes out first; of equals, the one that was put in first. */
interface Entry<T> {
  readonly rank: number;
  readonly order: number;
  readonly item: T;
}

export class Heap<T> {
  private readonly entries: Entry<T>[] = [];
  private count = 0;

  /** The rank of what `pop` gives next; null when the heap is empty. */
  get first(): number | null {
    return this.entries[0]?.rank ?? null;
  }

  push(rank: number, item: T): void {
    const entry = { rank, order: this.count++, item };
    let place = this.entries.length;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.entries[above];
      if (parent === undefined || !before(entry, parent)) break;
      this.entries[place] = parent;
      place = above;
    }
    this.entries[place] = entry;
  }

  pop(): T | undefined {
    const top = this.entries[0];
    const last = this.entries.pop();
    if (top !== undefined && last !== undefined && last !== top) this.sink(last);
    return top?.item;
  }

  private sink(entry: Entry<T>): void {
    let place = 0;
    for (;;) {
      const left = this.entries[2 * place + 1];
      const right = this.entries[2 * place + 2];
      const rightFirst = left !== undefined && right !== undefined && before(right, left);
      const child = rightFirst ? right : left;
      if (child === undefined || before(entry, child)) break;
      this.entries[place] = child;
      place = 2 * place + (rightFirst ? 2 : 1);
    }
    this.entries[place] = entry;
  }
}

function before<T>(one: Entry<T>, other: Entry<T>): boolean {
  return one.rank < other.rank || (one.rank === other.rank && one.order < other.order);
}
