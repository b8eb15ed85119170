import { describe, expect, test } from 'vitest';
import { groupOf, type ShopCall, SOURCES, userKey, wireEvent } from '../../cli/demo/calls.ts';
import { CATEGORIES, PRODUCTS_BY_CATEGORY } from '../../cli/demo/catalog.ts';
import { shopDay } from '../../cli/demo/shop.ts';
import { EVENT_TYPES, isJsonObject, type JsonObject } from '../../schemas/event.ts';

const DAY = '2026-01-31';
const EVENTS = 20_000;
const calls: readonly ShopCall[] = [...shopDay({ seed: 7, events: EVENTS, users: 4_000, day: DAY })];
const tracks = calls.flatMap((call) => (call.type === 'track' ? [call] : []));

function named(event: string): JsonObject[] {
  return tracks.filter((call) => call.event === event).map((call) => call.properties);
}

function nameOf(call: ShopCall): string {
  if (call.type === 'track') return call.event;
  if (call.type === 'group') return call.groupId;
  return call.type === 'page' || call.type === 'screen' ? call.name : call.type;
}

function productsOf(properties: JsonObject): JsonObject[] {
  return Array.isArray(properties.products) ? properties.products.filter(isJsonObject) : [];
}

describe('the calls of a day', () => {
  test('there are exactly as many as asked for, in the order of time, all within the day', () => {
    expect(calls).toHaveLength(EVENTS);
    const times = calls.map((call) => call.timestamp);
    expect(times).toEqual([...times].sort());
    expect(times.every((time) => new Date(time).toISOString() === time && time.startsWith(DAY))).toBe(true);
  });

  test('a day of one call and a day of none are days too', () => {
    expect([...shopDay({ seed: 7, events: 1, users: 1, day: DAY })]).toHaveLength(1);
    expect([...shopDay({ seed: 7, events: 0, users: 1, day: DAY })]).toHaveLength(0);
  });

  test('every type, source and hour occurs', () => {
    expect(new Set(calls.map((call) => call.type))).toEqual(new Set(EVENT_TYPES));
    expect(new Set(calls.map((call) => call.source))).toEqual(new Set(SOURCES));
    expect(new Set(calls.map((call) => call.timestamp.slice(11, 13))).size).toBe(24);
  });

  test('message ids are unique and no id is empty', () => {
    expect(new Set(calls.map((call) => call.messageId)).size).toBe(EVENTS);
    const ids = calls.flatMap((call) => [call.messageId, call.anonymousId, call.userId, nameOf(call)]);
    expect(ids.filter((id) => id === '')).toEqual([]);
    const aliases = calls.filter((call) => call.type === 'alias');
    expect(aliases.map((call) => call.previousId)).toEqual(aliases.map((call) => call.anonymousId));
  });

  test('visitors are anonymous until they sign in and known from then on, on the same device', () => {
    const signIns = calls.filter((call) => call.type === 'track' && call.event === 'Signed In');
    expect(signIns.length).toBeGreaterThan(50);
    for (const signIn of signIns.slice(0, 50)) {
      const device = calls.filter((call) => call.anonymousId === signIn.anonymousId);
      const before = device.filter((call) => call.timestamp < signIn.timestamp && call.type !== 'identify');
      const after = device.filter((call) => call.timestamp > signIn.timestamp);
      expect(before.filter((call) => call.source !== 'server').every((call) => call.userId === undefined)).toBe(true);
      expect(after.every((call) => call.userId === signIn.userId)).toBe(true);
    }
  });

  test('a few users bring much of the traffic, and most of those asked for come', () => {
    const counts = Map.groupBy(calls, userKey);
    const sizes = [...counts.values()].map((own) => own.length).sort((one, other) => other - one);
    const top = sizes.slice(0, Math.ceil(sizes.length / 10)).reduce((sum, size) => sum + size, 0);
    expect(top / EVENTS).toBeGreaterThan(0.25);
    expect(sizes.length).toBeGreaterThan(2_000);
  });

  test('business customers act for their company in every later call', () => {
    const groups = new Set(calls.map(groupOf).filter((group) => group !== null));
    expect(groups.size).toBeGreaterThan(30);
    const companyOf = new Map(calls.flatMap((call) => (call.type === 'group' ? [[call.userId, call.groupId]] : [])));
    const theirs = calls.filter((call) => call.userId !== undefined && companyOf.has(call.userId));
    expect(theirs.filter((call) => groupOf(call) !== companyOf.get(call.userId))).toEqual([]);
  });

  test('orders hold well-formed products of the catalog', () => {
    const catalog = new Map(PRODUCTS_BY_CATEGORY.flat().map((product) => [product.product_id, product]));
    const lines = named('Order Completed').flatMap(productsOf);
    expect(lines.length).toBeGreaterThan(100);
    for (const line of lines) {
      const product = catalog.get(String(line.product_id));
      expect(line).toMatchObject({
        sku: product?.sku,
        name: product?.name,
        category: product?.category,
        price: (product?.cents ?? 0) / 100,
      });
      expect(Number.isInteger(line.quantity) && Number(line.quantity) > 0).toBe(true);
    }
  });

  test('every order was started by a checkout, and no order is told of twice', () => {
    const orders = named('Order Completed').map((order) => order.order_id);
    const started = new Set(named('Checkout Started').map((order) => order.order_id));
    expect(new Set(orders).size).toBe(orders.length);
    expect(orders.every((order) => started.has(order))).toBe(true);
  });

  test('an event weighs 700 to 900 bytes on average, and none nears the limit of 32 KB', () => {
    const sizes = calls.map((call) => Buffer.byteLength(JSON.stringify(wireEvent(call))));
    const mean = sizes.reduce((sum, size) => sum + size, 0) / EVENTS;
    expect(mean).toBeGreaterThan(700);
    expect(mean).toBeLessThan(900);
    expect(Math.max(...sizes)).toBeLessThan(8_000);
  });

  test('the wire leaves the source to the write key', () => {
    expect(calls.slice(0, 100).some((call) => 'source' in wireEvent(call))).toBe(false);
  });

  test('about 150 user agents come up, a few of them bots that only look', () => {
    const agents = Map.groupBy(calls, (call) => call.context.userAgent);
    expect(agents.size).toBeGreaterThan(120);
    const crawled = [...agents].filter(([agent]) => /bot/i.test(agent)).flatMap(([, own]) => own);
    expect(crawled.length).toBeGreaterThan(0);
    expect(crawled.every((call) => call.userId === undefined)).toBe(true);
  });

  test('a wrong day or number of users is refused', () => {
    expect(() => [...shopDay({ seed: 1, events: 1, users: 1, day: '2026-02-30' })]).toThrow('is not a day');
    expect(() => [...shopDay({ seed: 1, events: 1, users: 0, day: DAY })]).toThrow('users');
  });
});

describe('the catalog', () => {
  test('it has 12 categories of 25 products, each with its own ids', () => {
    const products = PRODUCTS_BY_CATEGORY.flat();
    expect([CATEGORIES.length, products.length]).toEqual([12, 300]);
    expect(new Set(products.map((product) => product.product_id)).size).toBe(300);
    expect(new Set(products.map((product) => product.sku)).size).toBe(300);
    expect(products.every((product) => Number.isInteger(product.cents) && product.cents > 0)).toBe(true);
  });
});
