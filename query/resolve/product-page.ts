/** Products of a user, page by page: each page folds the same events anew, those that were there on page one. */
import { InletError } from '../../schemas/errors.ts';
import { digest } from '../index/identity.ts';
import { decodeOpaque, encodeOpaque } from './opaque.ts';
import { PRODUCT_EVENTS, type Product, ProductFold } from './products.ts';
import type { Page, TimelineQuery } from './timeline.ts';

export type ProductReading = Pick<TimelineQuery, 'events' | 'first' | 'after'>;

/** Reads the timeline that products are folded from. */
export type ReadProductEvents = (reading: ProductReading) => Promise<Page>;

export interface ProductPage {
  readonly edges: readonly { readonly cursor: string; readonly product: Product }[];
  readonly hasNextPage: boolean;
  /** Every event acknowledged before this time is counted, epoch milliseconds. */
  readonly asOf: number;
  /** Time back to which events are counted, epoch milliseconds; null where all are. */
  readonly since: number | null;
}

/** Which work one page may be. */
export interface ProductBounds {
  readonly events: number;
  /** Of the timeline. */
  readonly pages: number;
  readonly characters: number;
}

export const PRODUCTS_FIRST = { by_default: 20, most: 100 };
const BOUNDS: ProductBounds = { events: 10_000, pages: 20, characters: 8 * 1_048_576 };
const EVENTS_AT_ONCE = 1_000;
/** Does not occur in base64url. */
const SEPARATOR = '.';

/**
 * The product with the latest event comes first.
 *
 * @throws InletError page_too_large, cursor_invalid, and what the timeline throws
 */
export async function readProducts(
  read: ReadProductEvents,
  { first, after }: { readonly first: number; readonly after: string | null },
  bounds: ProductBounds = BOUNDS,
): Promise<ProductPage> {
  if (!(first >= 1 && first <= PRODUCTS_FIRST.most)) {
    throw new InletError('page_too_large', { detail: `of products at most ${PRODUCTS_FIRST.most}` });
  }
  const place = after === null ? null : decodePlace(after);
  const { products, start, asOf, since } = await fold(read, place?.start ?? null, bounds);
  const rest = products
    .map((product) => ({ product, lastAt: product.lastAt, hash: digest(product.id) }))
    .filter((product) => place === null || compare(place, product) < 0)
    .sort(compare);
  return {
    edges: rest.slice(0, first).map(({ product, ...at }) => ({ product, cursor: encodePlace(at, start) })),
    hasNextPage: rest.length > first,
    asOf,
    since,
  };
}

async function fold(readEvents: ReadProductEvents, start: string | null, bounds: ProductBounds) {
  const products = new ProductFold();
  let after = start;
  let moment = start;
  let events = 0;
  let oldest: number | null = null;
  for (let read = 1; ; read += 1) {
    const reading = { events: PRODUCT_EVENTS, first: Math.min(EVENTS_AT_ONCE, bounds.events - events), after };
    const page = await readEvents(reading);
    moment ??= page.startCursor;
    for (const { event } of page.edges) products.add(event);
    events += page.edges.length;
    oldest = page.edges.at(-1)?.event.timestamp ?? oldest;
    after = page.endCursor;
    const isSpent = events >= bounds.events || read >= bounds.pages || products.characters >= bounds.characters;
    if (!page.hasNextPage || isSpent) {
      const since = page.hasNextPage ? (oldest ?? page.asOf) : null;
      return { products: products.products(), start: moment ?? '', asOf: page.asOf, since };
    }
  }
}

/** Where a product stands among the others. */
interface Place {
  readonly lastAt: number;
  /** Of its id, which may be long. */
  readonly hash: string;
}

/** Latest first. */
function compare(a: Place, b: Place): number {
  if (a.lastAt !== b.lastAt) return b.lastAt - a.lastAt;
  return Number(a.hash > b.hash) - Number(a.hash < b.hash);
}

/** The cursor of the timeline stands beside, as it may be as long as one can be. */
function encodePlace({ lastAt, hash }: Place, start: string): string {
  return encodeOpaque([lastAt, hash]) + SEPARATOR + start;
}

function decodePlace(text: string): Place & { readonly start: string } {
  const [place = '', start, ...more] = text.split(SEPARATOR);
  const [lastAt, hash, ...rest] = decodeOpaque(place) ?? [];
  if (typeof lastAt !== 'number' || typeof hash !== 'string' || start === undefined || more.length + rest.length > 0) {
    throw new InletError('cursor_invalid');
  }
  return { lastAt, hash, start };
}
