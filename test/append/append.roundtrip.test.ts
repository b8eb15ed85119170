import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeSegment } from '../../lakehouse/append/encode.ts';
import { compareRows } from '../../lakehouse/append/order.ts';
import { parseRow } from '../../lakehouse/append/parse-row.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { gzip, openLake, readAll, zstd } from './lake.ts';
import { anyRows, orders, row, wellFormed } from './rows.ts';

test.each([zstd, gzip])('rows of any content come back equal and sorted, with $name', async (compressor) => {
  const lake = openLake();
  await fc.assert(
    fc.asyncProperty(anyRows, async (rows) => {
      await lake.put('segment', encodeSegment(rows, compressor));
      expect(await readAll(lake, 'segment')).toStrictEqual(wellFormed(rows.toSorted(compareRows)));
    }),
    { numRuns: 60 },
  );
});

test('a megabyte of JSON in one row comes back whole', async () => {
  const properties = JSON.stringify({ long: 'é🎉\u2028'.repeat(150_000) });
  const lake = openLake();
  await lake.put('segment', encodeSegment([row({ properties }), row({ message_id: 'other' })], zstd));
  expect((await readAll(lake, 'segment')).map((read) => read.properties)).toContain(properties);
});

test('a row without what every row has fails the segment, by name; what it may lack is null', async () => {
  const broken = (columns: object): EventRow[] => [row({}), Object.assign(row({}), columns)];
  expect(() => encodeSegment(broken({ verdict: null }), zstd)).toThrow('verdict is null in 1 rows');
  expect(() => encodeSegment(broken({ received_at: undefined }), zstd)).toThrow('received_at is null');
  const lake = openLake();
  await lake.put('segment', encodeSegment(broken({ locale: undefined }), zstd));
  expect((await readAll(lake, 'segment')).map(({ locale }) => locale)).toEqual([null, null]);
});

test('no rows make a file without windows', async () => {
  const lake = openLake();
  await lake.put('segment', encodeSegment([], zstd));
  expect(await readAll(lake, 'segment')).toEqual([]);
});

test('rows are sorted by user key as UTF-8 bytes, then time, source and message id, then arrival', () => {
  const sorted = [
    row({ user_key: '' }),
    row({ user_key: 'a', timestamp: 5 }),
    row({ user_key: 'ab', timestamp: 1 }),
    row({ user_key: 'b', timestamp: 2, source: 'a' }),
    row({ user_key: 'b', timestamp: 2, source: 'b', message_id: '1' }),
    row({ user_key: 'b', timestamp: 2, source: 'b', message_id: '2', received_at: 7 }),
    row({ user_key: 'b', timestamp: 2, source: 'b', message_id: '2', received_at: 8 }),
    row({ user_key: '\uffff' }),
    row({ user_key: '🎉' }),
    row({ user_key: '🎊' }),
  ];
  expect(sorted.toReversed().toSorted(compareRows)).toEqual(sorted);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (left, right) => {
      const bytes = Buffer.compare(Buffer.from(left), Buffer.from(right));
      expect(Math.sign(compareRows(row({ user_key: left }), row({ user_key: right })))).toBe(bytes);
    }),
  );
});

test('a record that does not fit the columns is refused by name', () => {
  const [order] = orders(2, 1);
  expect(() => parseRow({ ...order, source: null })).toThrow('Column source does not hold string: null');
  expect(() => parseRow({ ...order, timestamp: 'x' })).toThrow('Column timestamp does not hold timestamp: x');
  expect(() => parseRow({ ...order, products: [7] })).toThrow('Column products');
  expect(parseRow({ ...order, products: [{ price: 1 }], unknown: 1 }).products).toEqual([
    { product_id: null, category: null, price: 1, quantity: null },
  ]);
});
