/** Products as the events of the ecommerce spec show them, and the cart they go into. */
import type { JsonObject } from '../../schemas/event.ts';
import type { ShopProduct } from './catalog.ts';
import type { Visit } from './visit.ts';

export interface CartLine {
  readonly product: ShopProduct;
  quantity: number;
}

export function add(visit: Visit, product: ShopProduct, cart: CartLine[]): void {
  const quantity = visit.dice.chance(0.2) ? visit.dice.between(2, 4) : 1;
  visit.track('Product Added', { cart_id: cartId(visit), ...describe(product), quantity });
  const line = cart.find((known) => known.product === product);
  if (line === undefined) cart.push({ product, quantity });
  else line.quantity += quantity;
}

export function cartId(visit: Visit): string {
  return `cart_${visit.label}`;
}

/** In a list of products. */
export function brief({ product_id, name, category, cents }: ShopProduct): JsonObject {
  return { product_id, name, category, price: cents / 100 };
}

/** On its own. */
export function describe({ product_id, sku, name, category, brand, cents }: ShopProduct): JsonObject {
  return { product_id, sku, name, category, brand, price: cents / 100, quantity: 1, currency: 'USD' };
}

/** In a cart or an order. */
export function lineOf({ product, quantity }: CartLine): JsonObject {
  const { product_id, sku, name, category, cents } = product;
  return { product_id, sku, name, category, price: cents / 100, quantity };
}
