import { expect, test } from 'vitest';
import { trackRow } from './packs.ts';

const products = (properties: object) => trackRow({ properties }).products;
const NONE = { product_id: null, category: null, price: null, quantity: null };

test('each product of a list becomes one struct, whichever name its id has', () => {
  const list = [{ product_id: 1 }, { productId: 'b' }, { id: 'c' }, { sku: 'd' }];
  expect(products({ products: list })).toEqual(['1', 'b', 'c', 'd'].map((product_id) => ({ ...NONE, product_id })));
});

test('the product of a Product Viewed stands in the properties themselves', () => {
  const properties = { productId: 'p1', category: 'shoes', price: '9.99', quantity: 2, coupon: 'x' };
  expect(products(properties)).toEqual([{ product_id: 'p1', category: 'shoes', price: 9.99, quantity: 2 }]);
  expect(products({ id: 'an order', price: 5 })).toBeNull();
});

test.each([
  ['many', null],
  ['$9.99', null],
  ['', null],
  [' ', null],
  [null, null],
  [true, null],
  [[7], null],
  ['1e400', null],
  ['9.99', 9.99],
  [' 7 ', 7],
  ['-0', 0],
])('price %j becomes %j', (price, expected) => {
  expect(products({ products: [{ price }] })?.[0]?.price).toBe(expected);
});

test.each([
  [1.9, 1],
  ['2', 2],
  [-0.5, 0],
  [2_147_483_647, 2_147_483_647],
  [2_147_483_648, null],
  [-3e9, null],
  [{}, null],
])('quantity %j becomes %j', (quantity, expected) => {
  expect(products({ products: [{ quantity }] })?.[0]?.quantity).toBe(expected);
});

test('what is no object is left out of the list, and 500 products are the most; properties keep them all', () => {
  const list = [7, null, 'x', [], ...Array.from({ length: 501 }, (_, index) => ({ id: index }))];
  const row = trackRow({ properties: { products: list } });
  expect(row.products?.map((product) => product.product_id)).toEqual(
    Array.from({ length: 500 }, (_, index) => String(index)),
  );
  expect(row.properties).toBe(JSON.stringify({ products: list }));
  expect(products({ products: {}, product_id: 'p' })).toEqual([{ ...NONE, product_id: 'p' }]);
  expect(products({ products: [] })).toEqual([]);
});
