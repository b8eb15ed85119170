/** What a user had to do with which products. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeRows } from '../../query/index/write.ts';
import { readProducts } from '../../query/resolve/product-page.ts';
import { type ProductEvent, ProductFold } from '../../query/resolve/products.ts';
import { readEvents } from '../../query/serve/read-events.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { openService } from './serve.support.ts';
import { MINUTE_MS, makeRow, openIndex, pack, T0 } from './support.ts';

const PAGE = `edges { node { id name category views chat { posts { text at } } sale { price quantity at } } }`;

/** Track calls of user 1111, a minute apart. */
function calls(events: readonly (readonly [string, object])[]): EventRow[] {
  return events.map(([event, properties], index) =>
    makeRow({
      ...{ user_key: '1111', event, properties: JSON.stringify(properties), message_id: `m${index}` },
      ...{ pack_index: index, timestamp: T0 + index * MINUTE_MS },
    }),
  );
}

const at = (index: number): string => new Date(T0 + index * MINUTE_MS).toISOString();

test('a profile and its products, with what was said about them and sold', async () => {
  const service = await openService();
  const shoe = { product_id: 'p1', name: 'Shoe', category: 'Shoes', price: 80 };
  await writeRows(service.index, [
    ...calls([
      ['Product Viewed', { ...shoe, name: 'Old shoe' }],
      ['Product Viewed', shoe],
      [
        'Order Completed',
        {
          order_id: 'o1',
          products: [
            { ...shoe, quantity: 2 },
            { product_id: 7, price: '1.5' },
          ],
        },
      ],
      ['Message Sent', { product_id: 'p1', text: 'Is it warm?', name: 'Ann' }],
      ['Live Chat Message Received', { product_id: 'p1', message_body: 'Very.' }],
      ['Message Sent', { text: 'About nothing' }],
      ['Product Searched', { product_id: 'p9' }],
    ]),
    makeRow({
      ...{ user_key: '1111', message_id: 'i1', type: 'identify', pack_id: pack(2) },
      traits: '{"name":"Ann","avatar":"https://a.example/ann.png"}',
    }),
  ]);
  const { data, codes } = await service.ask(`{ user(id:"1111") { profile { name avatar } products { ${PAGE} } } }`);
  expect(codes).toEqual([]);
  expect(data).toEqual({
    user: {
      profile: { name: 'Ann', avatar: 'https://a.example/ann.png' },
      products: {
        edges: expect.arrayContaining([
          {
            node: {
              ...{ id: 'p1', name: 'Shoe', category: 'Shoes', views: 2 },
              chat: {
                posts: [
                  { text: 'Is it warm?', at: at(3) },
                  { text: 'Very.', at: at(4) },
                ],
              },
              sale: { price: 80, quantity: 2, at: at(2) },
            },
          },
          {
            node: {
              ...{ id: '7', name: null, category: null, views: 0, chat: { posts: [] } },
              sale: { price: 1.5, quantity: 1, at: at(2) },
            },
          },
        ]),
      },
    },
  });
  expect(Object(data).user.products.edges).toHaveLength(2);
});

describe('pages', () => {
  test('hold each product once, as it was on page one, whatever comes between them', async () => {
    const service = await openService();
    const sent = Array.from({ length: 30 }, (_, i) => ['Product Viewed', { product_id: `p${i % 10}` }] as const);
    await writeRows(service.index, calls(sent));
    const ids: string[] = [];
    let after: unknown = null;
    for (let page = 0; page < 4; page += 1) {
      const { data, codes } = await service.ask(
        `query ($after: String) { user(id: "1111") { products(first: 3, after: $after) {
          nodes { id views } pageInfo { hasNextPage endCursor } since } } }`,
        { after },
      );
      expect(codes).toEqual([]);
      const { nodes, pageInfo, since } = Object(data).user.products;
      expect([pageInfo.hasNextPage, since]).toEqual([page < 3, null]);
      ids.push(...nodes.map(({ id }: { id: string }) => id));
      expect(nodes.map(({ views }: { views: number }) => views)).toEqual(nodes.map(() => 3));
      after = pageInfo.endCursor;
      // It would put the last product first.
      await writeRows(service.index, [
        makeRow({
          ...{ user_key: '1111', event: 'Product Viewed', properties: '{"product_id":"p0"}' },
          ...{ message_id: `late-${page}`, pack_id: pack(10 + page), timestamp: T0 + (100 + page) * MINUTE_MS },
        }),
      ]);
    }
    expect(ids).toEqual(['p9', 'p8', 'p7', 'p6', 'p5', 'p4', 'p3', 'p2', 'p1', 'p0']);
  });

  test('of a user with too many events count the latest, and say back to when', async () => {
    const index = openIndex();
    await writeRows(
      index,
      calls(Array.from({ length: 50 }, (_, i) => ['Product Viewed', { product_id: `p${i % 2}` }] as const)),
    );
    let reads = 0;
    const services = { index, asOf: async () => T0 };
    const page = await readProducts(
      (reading) => {
        reads += 1;
        return readEvents(services, '1111', { ...reading, first: Math.min(reading.first, 7) });
      },
      { first: 10, after: null },
      { events: 20, pages: 10, characters: 1_000_000 },
    );
    expect(reads).toBe(3);
    expect(page.since).toBe(T0 + 30 * MINUTE_MS);
    expect(page.edges.map(({ product }) => [product.id, product.views])).toEqual([
      ['p1', 10],
      ['p0', 10],
    ]);
  });

  test.each([
    ['first: 0', 'page_too_large'],
    ['first: 101', 'page_too_large'],
    ['after: "rubbish"', 'cursor_invalid'],
    ['after: "WzEsImEiXQ.rubbish"', 'cursor_invalid'],
  ])('%s is refused as %s', async (args, code) => {
    const service = await openService();
    expect((await service.ask(`{ user(id: "ann") { products(${args}) { asOf } } }`)).codes).toEqual([code]);
  });

  test('a cursor of another user is refused', async () => {
    const service = await openService();
    await writeRows(service.index, calls([['Product Viewed', { sku: 's1' }]]));
    const { data } = await service.ask('{ user(id: "1111") { products { pageInfo { endCursor } } } }');
    const after = Object(data).user.products.pageInfo.endCursor;
    const query = 'query ($after: String) { user(id: "ann") { products(after: $after) { asOf } } }';
    expect((await service.ask(query, { after })).codes).toEqual(['cursor_invalid']);
  });
});

describe('the fold', () => {
  const foldOf = (events: readonly ProductEvent[]) => {
    const fold = new ProductFold();
    for (const event of events) fold.add(event);
    return fold.products();
  };

  test('counts views and lines of orders as they were sent, whatever else the properties hold', () => {
    const line = fc.record(
      { product_id: fc.constantFrom('a', 'b', 'c'), quantity: fc.integer({ min: 1, max: 9 }), name: fc.anything() },
      { requiredKeys: ['product_id'] },
    );
    const event = fc.oneof(
      fc.record({ event: fc.constant('Product Viewed'), properties: line }),
      fc.record({ event: fc.constant('Order Completed'), properties: fc.record({ products: fc.array(line) }) }),
      fc.record({ event: fc.string(), properties: fc.anything() }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const products = foldOf(events.map((one, index) => ({ ...one, timestamp: -index })));
        for (const id of ['a', 'b', 'c']) {
          const product = products.find((one) => one.id === id);
          const views = events.filter(
            (one) => one.event === 'Product Viewed' && Object(one.properties).product_id === id,
          ).length;
          const lines = events
            .filter((one) => one.event === 'Order Completed')
            .flatMap((one) => Object(one.properties).products ?? [])
            .filter((one: unknown) => Object(one).product_id === id).length;
          expect([product?.views ?? 0, product?.sales.length ?? 0]).toEqual([views, lines]);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('keeps the latest hundred posts and sales, and says how much it holds', () => {
    const events = Array.from({ length: 150 }, (_, index) => [
      { event: 'Message Sent', timestamp: -index, properties: { product_id: 'a', text: `${index}` } },
      { event: 'Order Completed', timestamp: -index, properties: { products: [{ product_id: 'a' }] } },
    ]).flat();
    const [product] = foldOf(events);
    expect(product?.posts.map(({ text }) => text)).toEqual(Array.from({ length: 100 }, (_, i) => `${99 - i}`));
    expect(product?.sales.map(({ at: time }) => -time)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    const fold = new ProductFold();
    fold.add({ event: 'Message Sent', timestamp: 0, properties: { product_id: 'a', text: 'x'.repeat(5_000) } });
    expect(fold.characters).toBeGreaterThan(5_000);
  });
});
