/** What the reports must say about a run of calls, counted while the calls go by. */
import { isJsonObject, type JsonObject } from '../../schemas/event.ts';
import { groupOf, type ShopCall, userKey } from './calls.ts';

export interface CategoryTally {
  /** Products in Product Viewed. */
  views: number;
  /** Products in Product Added. */
  adds: number;
  /** Lines of Order Completed. */
  purchases: number;
  /** Pieces in these lines. */
  quantity: number;
  /** Price times quantity of these lines, in cents: sums are exact. */
  cents: number;
}

export interface Tally {
  events: number;
  readonly bySource: Map<string, number>;
  readonly byType: Map<string, number>;
  /** Track calls by event name. */
  readonly byEvent: Map<string, number>;
  readonly byCategory: Map<string, CategoryTally>;
  /** Calls of a group, by group id; calls of no group are not in it. */
  readonly byGroup: Map<string, number>;
  /** Calls of a user, by user key: user id, else anonymous id. */
  readonly byUser: Map<string, number>;
}

export function newTally(): Tally {
  return {
    events: 0,
    bySource: new Map(),
    byType: new Map(),
    byEvent: new Map(),
    byCategory: new Map(),
    byGroup: new Map(),
    byUser: new Map(),
  };
}

export function count(tally: Tally, call: ShopCall): void {
  tally.events++;
  increase(tally.bySource, call.source);
  increase(tally.byType, call.type);
  increase(tally.byUser, userKey(call));
  const group = groupOf(call);
  if (group !== null) increase(tally.byGroup, group);
  if (call.type !== 'track') return;
  increase(tally.byEvent, call.event);
  countProducts(tally, call.event, call.properties);
}

function countProducts(tally: Tally, event: string, properties: JsonObject): void {
  switch (event) {
    case 'Product Viewed':
      categoryOf(tally, properties).views++;
      break;
    case 'Product Added':
      categoryOf(tally, properties).adds++;
      break;
    case 'Order Completed':
      for (const product of productsOf(properties)) {
        const category = categoryOf(tally, product);
        const quantity = Number(product.quantity);
        category.purchases++;
        category.quantity += quantity;
        category.cents += Math.round(Number(product.price) * 100) * quantity;
      }
      break;
  }
}

function productsOf({ products }: JsonObject): JsonObject[] {
  return Array.isArray(products) ? products.filter(isJsonObject) : [];
}

function categoryOf(tally: Tally, product: JsonObject): CategoryTally {
  const name = String(product.category);
  let category = tally.byCategory.get(name);
  if (category === undefined) {
    category = { views: 0, adds: 0, purchases: 0, quantity: 0, cents: 0 };
    tally.byCategory.set(name, category);
  }
  return category;
}

function increase(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
