/** The reports once more, told plainly over rows: what the SQL must agree with. */
import type { EventRow, Product } from '../../schemas/columns.ts';

type Cell = string | number | null;
const REACH_MS = 30 * 86_400_000;
const STEPS: readonly (string | null)[] = ['Product Viewed', 'Product Added', 'Order Completed'];

export interface Days {
  readonly from: string;
  readonly to: string;
  readonly timezone: string;
}

/** @param rows each event once */
export const NAIVE: Record<string, (rows: readonly EventRow[], days: Days) => Cell[][]> = {
  events_by_day: (rows, days) =>
    grouped(
      inDays(rows, days),
      ({ date, row }) => [date, row.type, row.event],
      (group) => [group.length, usersOf(group)],
    ),

  groups: (rows, days) =>
    grouped(
      inDays(rows, days),
      ({ date, row }) => [date, groupOf(row, rows)],
      (group) => [group.length, usersOf(group)],
    ),

  products: (rows, days) => {
    const lines = inDays(rows, days)
      .filter(({ row }) => row.type === 'track' && STEPS.includes(row.event))
      .flatMap((entry) => (entry.row.products ?? []).map((product) => ({ ...entry, product })));
    return grouped(
      lines,
      ({ date, product }) => [date, product.category ?? '(none)'],
      (group) => {
        const orders = group.filter(({ row }) => row.event === 'Order Completed').map(({ product }) => product);
        return [
          group.filter(({ row }) => row.event === 'Product Viewed').length,
          group.filter(({ row }) => row.event === 'Product Added').length,
          orders.length,
          orders.reduce((total, { quantity }) => total + (quantity ?? 1), 0),
          Math.round(orders.reduce((total, product) => total + worth(product), 0) * 10_000) / 10_000,
          usersOf(group),
        ];
      },
    );
  },
};

interface Entry {
  readonly date: string;
  readonly row: EventRow;
}

function inDays(rows: readonly EventRow[], { from, to, timezone }: Days): Entry[] {
  const day = new Intl.DateTimeFormat('en', { timeZone: timezone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return rows
    .filter(({ type }) => type !== 'failed')
    .map((row) => {
      const parts = new Map(day.formatToParts(row.timestamp).map(({ type, value }) => [type, value]));
      return { date: `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`, row };
    })
    .filter(({ date }) => date >= from && date <= to);
}

function worth({ price, quantity }: Product): number {
  return (price ?? 0) * (quantity ?? 1);
}

function groupOf(row: EventRow, rows: readonly EventRow[]): string {
  if (row.group_id !== null) return row.group_id;
  const joined = rows
    .filter((other) => other.type === 'group' && other.user_key === row.user_key)
    .filter(({ timestamp }) => timestamp <= row.timestamp && timestamp >= row.timestamp - REACH_MS)
    .map(({ timestamp, group_id }) => ({ timestamp, group_id: group_id ?? '' }))
    .sort((left, right) => right.timestamp - left.timestamp || (left.group_id < right.group_id ? 1 : -1));
  return joined[0]?.group_id ?? '(none)';
}

function usersOf(entries: readonly Entry[]): number {
  return new Set(entries.map(({ row }) => row.user_key)).size;
}

function grouped<Item>(items: readonly Item[], key: (item: Item) => Cell[], rest: (group: Item[]) => Cell[]): Cell[][] {
  const groups = Map.groupBy(items, (item) => JSON.stringify(key(item)));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [[...key(first), ...rest(group)]];
  });
}

/** Rows in an order that both sides can agree on. */
export function ordered(rows: readonly (readonly Cell[])[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}
