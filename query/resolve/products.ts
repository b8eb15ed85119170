/**
 * What a user had to do with which products: a fold over the user's events, latest first. Pure.
 *
 * Products are those of `properties.products`, else the one of `properties.product_id` (or `productId`, `sku`), as the
 * ecommerce spec has them. A post is a chat event that names a product and says a text.
 */
import { isJsonObject, type JsonObject } from '../../schemas/event.ts';

const VIEWED = 'Product Viewed';
const SOLD = 'Order Completed';
/** Of the live chat spec, and the same without the word live. */
const CHAT_EVENTS: ReadonlySet<string> = new Set(
  ['', 'Chat ', 'Live Chat '].flatMap((kind) => [`${kind}Message Sent`, `${kind}Message Received`]),
);

/** Names of the track calls that the fold looks at. */
export const PRODUCT_EVENTS: readonly string[] = [
  ...[VIEWED, 'Product Clicked', 'Product Added', 'Product Removed', 'Product Shared', 'Product Reviewed'],
  ...['Product Added to Wishlist', 'Product Removed from Wishlist', 'Checkout Started', SOLD],
  ...CHAT_EVENTS,
];

/** More of one event or of one product are not kept. */
const PRODUCTS_MAX = 500;
const POSTS_MAX = 100;
const SALES_MAX = 100;
/** What a product takes beside its texts, in characters, about. */
const CHARACTERS_BESIDE = 100;

export interface ProductEvent {
  readonly event: string | null;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly properties: unknown;
}

export interface Product {
  readonly id: string;
  /** As the latest event that names it says. */
  readonly name: string | null;
  readonly category: string | null;
  readonly views: number;
  /** Time of the latest event, epoch milliseconds. */
  readonly lastAt: number;
  /** The latest ones, earliest first. */
  readonly posts: readonly Post[];
  /** The latest ones, latest first. */
  readonly sales: readonly Sale[];
}

export interface Post {
  readonly text: string;
  readonly at: number;
}

/** One line of a completed order. */
export interface Sale {
  /** Of one piece, in currency units as sent. */
  readonly price: number | null;
  /** 1 where the line names none. */
  readonly quantity: number;
  readonly orderId: string | null;
  readonly at: number;
}

interface Draft {
  name: string | null;
  category: string | null;
  views: number;
  readonly lastAt: number;
  readonly posts: Post[];
  readonly sales: Sale[];
}

export class ProductFold {
  readonly #drafts = new Map<string, Draft>();
  #characters = 0;

  /** How much it holds, in characters, about. */
  get characters(): number {
    return this.#characters;
  }

  /** @param event not later than the one before */
  add({ event, timestamp, properties }: ProductEvent): void {
    if (!isJsonObject(properties)) return;
    const isChat = CHAT_EVENTS.has(event ?? '');
    const text = isChat ? postText(properties) : null;
    for (const { id, line } of linesOf(properties)) {
      const draft = this.#draftOf(id, timestamp);
      // In a chat it is people who have names.
      if (!isChat) draft.name ??= textOf(line.name);
      if (!isChat) draft.category ??= textOf(line.category);
      if (event === VIEWED) draft.views += 1;
      if (event === SOLD && draft.sales.length < SALES_MAX) draft.sales.push(saleOf(line, properties, timestamp));
      if (text !== null && draft.posts.length < POSTS_MAX) {
        draft.posts.push({ text, at: timestamp });
        this.#characters += text.length;
      }
    }
  }

  /** In no order. */
  products(): Product[] {
    return [...this.#drafts].map(([id, draft]) => ({ id, ...draft, posts: draft.posts.toReversed() }));
  }

  #draftOf(id: string, lastAt: number): Draft {
    const known = this.#drafts.get(id);
    if (known !== undefined) return known;
    const draft: Draft = { name: null, category: null, views: 0, lastAt, posts: [], sales: [] };
    this.#drafts.set(id, draft);
    this.#characters += id.length + CHARACTERS_BESIDE;
    return draft;
  }
}

interface Line {
  readonly id: string;
  readonly line: JsonObject;
}

function linesOf(properties: JsonObject): Line[] {
  const { products, ...single } = properties;
  if (!Array.isArray(products)) return lineOf(single, single.product_id, single.productId, single.sku);
  return products
    .filter(isJsonObject)
    .slice(0, PRODUCTS_MAX)
    .flatMap((line) => lineOf(line, line.product_id, line.productId, line.id, line.sku));
}

/** @param ids what it may be called by, best first */
function lineOf(line: JsonObject, ...ids: readonly unknown[]): Line[] {
  const [id] = ids.map(idText).filter((text) => text !== null);
  return id === undefined ? [] : [{ id, line }];
}

function saleOf({ price, quantity }: JsonObject, order: JsonObject, at: number): Sale {
  return {
    price: numberOf(price),
    quantity: numberOf(quantity) ?? 1,
    orderId: idText(order.order_id) ?? idText(order.orderId),
    at,
  };
}

function postText({ text, message_body, message }: JsonObject): string | null {
  return textOf(text) ?? textOf(message_body) ?? textOf(message);
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

function idText(value: unknown): string | null {
  return typeof value === 'number' ? String(value) : textOf(value);
}

function numberOf(value: unknown): number | null {
  if (typeof value !== 'number' && textOf(value) === null) return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}
