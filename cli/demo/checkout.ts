/** From the cart to the order. */
import type { JsonObject } from '../../schemas/event.ts';
import { type CartLine, cartId, lineOf } from './cart.ts';
import { signIn } from './sign-in.ts';
import type { Visit } from './visit.ts';

const FREE_SHIPPING_CENTS = 10_000;
const SHIPPING_CENTS = 590;
const COUPON = 'AUTUMN10';

/** At each step some people leave. */
export function checkOut(visit: Visit, cart: CartLine[]): void {
  const { dice } = visit;
  visit.wait(3, 40);
  visit.view('Cart', '/cart', 'Your cart');
  visit.track('Cart Viewed', { cart_id: cartId(visit), products: cart.map(lineOf) });
  if (cart.length > 1 && dice.chance(0.15)) {
    visit.wait(3, 30);
    const line = cart.pop();
    if (line !== undefined) visit.track('Product Removed', { cart_id: cartId(visit), ...lineOf(line) });
  }
  if (!dice.chance(0.7)) return;

  if (!visit.signedIn) signIn(visit);
  visit.wait(5, 60);
  const orderId = `ord_${visit.label}`;
  const order = orderOf(visit, orderId, cart);
  visit.view('Checkout', '/checkout', 'Checkout');
  visit.track('Checkout Started', order);
  if (!dice.chance(0.8)) return;

  visit.wait(15, 120);
  visit.track('Payment Info Entered', {
    order_id: orderId,
    step: 2,
    payment_method: dice.pickLeaning(['card', 'paypal', 'apple_pay', 'invoice']),
    shipping_method: dice.pickLeaning(['standard', 'express']),
  });
  if (!dice.chance(0.9)) return;

  visit.wait(5, 40);
  visit.noteOnServer({ type: 'track', event: 'Order Completed', properties: order });
  visit.wait(2, 4);
  visit.view('Order Confirmation', '/checkout/thanks', 'Thank you');
}

function orderOf(visit: Visit, orderId: string, cart: readonly CartLine[]): JsonObject {
  const subtotal = cart.reduce((sum, { product, quantity }) => sum + product.cents * quantity, 0);
  const shipping = subtotal >= FREE_SHIPPING_CENTS ? 0 : SHIPPING_CENTS;
  const tax = Math.round(subtotal * 0.08);
  const discount = visit.dice.chance(0.2) ? Math.round(subtotal * 0.1) : 0;
  return {
    checkout_id: `chk_${visit.dice.hex(12)}`,
    order_id: orderId,
    affiliation: 'Shop',
    value: (subtotal - discount + shipping + tax) / 100,
    revenue: subtotal / 100,
    shipping: shipping / 100,
    tax: tax / 100,
    discount: discount / 100,
    ...(discount > 0 ? { coupon: COUPON } : {}),
    currency: 'USD',
    products: cart.map(lineOf),
  };
}
