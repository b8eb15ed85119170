/** Rows for tests. */
import fc from 'fast-check';
import { arrivedRow, readArrival } from '../../edge/expand/arrival.ts';
import { COLUMNS, type ColumnSpec, type EventRow } from '../../schemas/columns.ts';
import { packId } from '../../schemas/pack.ts';

export const RECEIVED_AT = Date.UTC(2026, 6, 1, 12);

export function row(columns: Partial<EventRow>): EventRow {
  const header = { bytes: 0, form: 'single', count: 1, source: 'shop', receivedAt: RECEIVED_AT } as const;
  const arrived = arrivedRow(readArrival(packId('0123456789abcde', 1), header), 0);
  return { ...arrived, type: 'track', verdict: 'ok', ...columns };
}

/** Orders of a shop: `count` rows of `users` users, a minute apart, in no useful order. */
export function orders(count: number, users: number): EventRow[] {
  return Array.from({ length: count }, (_, index) => {
    const place = (index * 7_919) % count;
    const price = (place % 10_000) / 100;
    const quantity = 1 + (place % 3);
    return row({
      message_id: `order-${place}`,
      event: 'Order Completed',
      user_id: `user-${place % users}`,
      user_key: `user-${place % users}`,
      timestamp: RECEIVED_AT - place * 60_000,
      pack_id: packId('0123456789abcde', place % 20),
      pack_index: place,
      products: place % 2 === 0 ? [{ product_id: `p${place % 50}`, category: 'shoes', price, quantity }] : null,
      properties: JSON.stringify({ order: place, price: place % 2 === 0 ? price : 0, quantity }),
    });
  });
}

/** Every character there is, and the halves of surrogate pairs, which UTF-8 cannot hold. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('', '\0', 'a\0b', '\ufeffbom', '\ud800', 'x\udc00y', '🎉', '\uffff', '{"a":1}', 'é'.repeat(5_000)),
);

const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const int32 = fc.integer();
const product = fc.record({
  product_id: fc.option(anyText),
  category: fc.option(anyText),
  price: fc.option(number),
  quantity: fc.option(int32),
});

const VALUES: Record<ColumnSpec['type'], fc.Arbitrary<unknown>> = {
  string: anyText,
  json: fc.oneof(fc.json(), anyText),
  timestamp: fc.oneof(fc.constant(0), fc.integer({ min: -8_640_000_000_000_000, max: 8_640_000_000_000_000 })),
  uuid: fc.uuid(),
  int: int32,
  boolean: fc.boolean(),
  products: fc.array(product, { maxLength: 3 }),
};

/** Rows of any content, user keys often alike. */
export const anyRows: fc.Arbitrary<EventRow[]> = fc.array(
  fc
    .record(
      Object.fromEntries(
        COLUMNS.map(({ name, type, nullable }) => [name, nullable ? fc.option(VALUES[type]) : VALUES[type]]),
      ),
    )
    .chain((columns) => fc.constantFrom('ada', '\uffff', '🎉', '').map((user_key) => row({ ...columns, user_key }))),
  { maxLength: 12 },
);

/** What a file can hold of a row. */
export function wellFormed(rows: EventRow[]): EventRow[] {
  return JSON.parse(JSON.stringify(rows), (_, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed() : value,
  );
}
