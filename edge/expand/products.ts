/** The `products` column of the ecommerce events. What does not fit is null here and whole in `properties`. */
import type { Product } from '../../schemas/columns.ts';
import { isJsonObject, type JsonObject } from '../../schemas/event.ts';
import { text } from './text.ts';

const PRODUCTS_MAX = 500;
const INT32_MAX = 2_147_483_647;

/** `properties.products`, else the one product that stands in `properties` itself (Product Viewed, Product Added …). */
export function readProducts(properties: JsonObject): Product[] | null {
  if (Array.isArray(properties.products)) {
    return properties.products.filter(isJsonObject).slice(0, PRODUCTS_MAX).map(readProduct);
  }
  const single = text(properties.product_id) ?? text(properties.productId) ?? text(properties.sku);
  return single === null ? null : [{ ...readProduct(properties), product_id: single }];
}

function readProduct(product: JsonObject): Product {
  const quantity = Math.trunc(number(product.quantity) ?? Number.NaN);
  return {
    product_id: text(product.product_id) ?? text(product.productId) ?? text(product.id) ?? text(product.sku),
    category: text(product.category),
    price: number(product.price),
    quantity: Math.abs(quantity) <= INT32_MAX ? quantity + 0 : null,
  };
}

/** Finite, and never -0, which a Parquet dictionary cannot tell from 0. */
function number(value: unknown): number | null {
  // Number('') and Number(null) are 0, which nobody sent.
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) return null;
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed + 0 : null;
}
