import { describe, expect, test } from 'vitest';
import type { ShopCall } from '../../cli/demo/calls.ts';
import { shopDay } from '../../cli/demo/shop.ts';
import { count, newTally } from '../../cli/demo/tally.ts';
import { isJsonObject } from '../../schemas/event.ts';

const calls: readonly ShopCall[] = [...shopDay({ seed: 3, events: 20_000, users: 5_000, day: '2026-01-31' })];
const tally = newTally();
for (const call of calls) count(tally, call);

function sum(values: Iterable<number>): number {
  return [...values].reduce((total, value) => total + value, 0);
}

/** Cents, from the totals that each order states for itself. */
function revenueOfOrders(): number {
  return sum(
    calls.map((call) =>
      call.type === 'track' && call.event === 'Order Completed' ? Math.round(Number(call.properties.revenue) * 100) : 0,
    ),
  );
}

describe('the tally of a day', () => {
  test('the counts by source, type and user each add up to all calls', () => {
    expect(tally.events).toBe(calls.length);
    for (const counts of [tally.bySource, tally.byType, tally.byUser]) expect(sum(counts.values())).toBe(calls.length);
  });

  test('the counts by event add up to the track calls', () => {
    expect(sum(tally.byEvent.values())).toBe(tally.byType.get('track'));
  });

  test('views and adds by category add up to the calls of those names', () => {
    const categories = [...tally.byCategory.values()];
    expect(sum(categories.map((category) => category.views))).toBe(tally.byEvent.get('Product Viewed'));
    expect(sum(categories.map((category) => category.adds))).toBe(tally.byEvent.get('Product Added'));
  });

  test('revenue by category adds up to what the orders say, to the cent', () => {
    expect(revenueOfOrders()).toBeGreaterThan(0);
    expect(sum([...tally.byCategory.values()].map((category) => category.cents))).toBe(revenueOfOrders());
  });

  test('purchases and quantity by category add up to the lines and pieces of all orders', () => {
    const orders = calls.flatMap((call) =>
      call.type === 'track' && call.event === 'Order Completed' ? [call.properties.products] : [],
    );
    const lines = orders.flatMap((products) => (Array.isArray(products) ? products : []));
    const quantities = lines.map((line) => (isJsonObject(line) ? Number(line.quantity) : Number.NaN));
    const categories = [...tally.byCategory.values()];
    expect(sum(categories.map((category) => category.purchases))).toBe(lines.length);
    expect(sum(categories.map((category) => category.quantity))).toBe(sum(quantities));
  });

  test('the counts by group hold the calls that name a group, and no others', () => {
    const named = calls.filter((call) => call.type === 'group' || call.context.groupId !== undefined);
    expect(sum(tally.byGroup.values())).toBe(named.length);
    expect(named.length).toBeGreaterThan(0);
  });

  test('a call with both ids counts for its user id', () => {
    const call = calls.find((known) => known.userId !== undefined);
    expect(tally.byUser.get(call?.userId ?? '')).toBe(calls.filter((known) => known.userId === call?.userId).length);
  });
});
