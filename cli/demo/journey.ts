/** What people do in a shop, from the first page to the order: the events of the Segment ecommerce spec. */
import type { Context } from './calls.ts';
import { add, brief, type CartLine, describe } from './cart.ts';
import { PRODUCTS_BY_CATEGORY, type ShopProduct, slugOf } from './catalog.ts';
import { checkOut } from './checkout.ts';
import { signIn } from './sign-in.ts';
import type { Visit } from './visit.ts';

const REFERRERS = [
  'https://www.google.com/',
  '',
  'https://www.google.com/',
  'https://www.bing.com/',
  'https://duckduckgo.com/',
  'https://www.instagram.com/',
];
const CAMPAIGNS: readonly NonNullable<Context['campaign']>[] = [
  { name: 'autumn_sale', source: 'newsletter', medium: 'email' },
  { name: 'brand_search', source: 'google', medium: 'cpc' },
  { name: 'gift_guide', source: 'instagram', medium: 'social' },
  { name: 'back_in_stock', source: 'newsletter', medium: 'email' },
  { name: 'friends', source: 'partner', medium: 'referral' },
];
/** How many rounds of looking around: most people leave soon, some at once. */
const ROUNDS = [0, 1, 1, 2, 4];

export function goShopping(visit: Visit): void {
  arrive(visit);
  if (visit.visitor.bot) crawl(visit);
  else browse(visit);
}

function browse(visit: Visit): void {
  if (visit.dice.chance(visit.signedIn ? 0.15 : 0.2)) signIn(visit);
  const cart: CartLine[] = [];
  const keen = visit.dice.chance(0.4);
  const rounds = visit.dice.pickLeaning(ROUNDS);
  for (let round = 0; round < rounds; round++) lookAround(visit, cart, keen ? 0.55 : 0.08);
  if (cart.length > 0) checkOut(visit, cart);
}

function arrive(visit: Visit): void {
  const { dice, device } = visit;
  if (device.app !== null) {
    visit.track('Application Opened', { from_background: dice.chance(0.5), version: device.app.version, build: '412' });
    visit.wait(1, 3);
  }
  const campaign = device.app === null && dice.chance(0.18) ? dice.pickLeaning(CAMPAIGNS) : null;
  if (campaign === null) {
    visit.view('Home', '/', 'Home', '', { referrer: dice.pickLeaning(REFERRERS) });
  } else {
    const search = `?utm_source=${campaign.source}&utm_medium=${campaign.medium}&utm_campaign=${campaign.name}`;
    visit.view('Home', '/', 'Home', search, { referrer: '', campaign });
  }
  if (dice.chance(0.15)) {
    const creative = {
      promotion_id: 'promo_autumn',
      creative: 'hero_banner',
      name: 'Autumn Sale',
      position: 'home_top',
    };
    visit.track('Promotion Viewed', creative);
  }
}

function crawl(visit: Visit): void {
  const pages = visit.dice.between(2, 12);
  for (let page = 0; page < pages; page++) {
    visit.wait(1, 4);
    const product = visit.dice.pick(visit.dice.pick(PRODUCTS_BY_CATEGORY));
    visit.view('Product', `/p/${product.slug}`, product.name);
  }
}

function lookAround(visit: Visit, cart: CartLine[], addShare: number): void {
  const { dice } = visit;
  const shelf = dice.pickLeaning(PRODUCTS_BY_CATEGORY);
  const start = dice.leaning(shelf.length - 4);
  const shown = shelf.slice(start, start + dice.between(3, 4));
  visit.wait(4, 50);
  if (dice.chance(0.25)) search(visit, shown);
  else list(visit, shown);
  const looks = dice.pickLeaning([1, 1, 2, 3]);
  for (let look = 0; look < looks; look++) {
    const position = dice.leaning(shown.length);
    const product = shown[position];
    if (product === undefined) continue;
    visit.wait(3, 40);
    view(visit, product, position + 1);
    visit.wait(5, 120);
    if (dice.chance(addShare)) add(visit, product, cart);
    else if (dice.chance(0.06))
      visit.track('Product Added to Wishlist', { wishlist_name: 'Later', ...describe(product) });
  }
}

function search(visit: Visit, shown: readonly ShopProduct[]): void {
  const query = shown[0]?.name.split(' ').at(-1)?.toLowerCase() ?? '';
  visit.view('Search', '/search', `Search: ${query}`, `?q=${encodeURIComponent(query)}&sort=relevance`);
  visit.track('Products Searched', { query });
  visit.track('Product List Viewed', { list_id: 'search', products: shown.map(brief) });
}

function list(visit: Visit, shown: readonly ShopProduct[]): void {
  const category = shown[0]?.category ?? '';
  const slug = slugOf(category);
  const filter = visit.dice.chance(0.3) ? `?page=${visit.dice.between(1, 4)}&sort=price` : '';
  visit.view('Category', `/c/${slug}`, category, filter);
  visit.track('Product List Viewed', { list_id: `category_${slug}`, category, products: shown.map(brief) });
}

function view(visit: Visit, product: ShopProduct, position: number): void {
  visit.view(
    'Product',
    `/p/${product.slug}`,
    product.name,
    visit.dice.chance(0.2) ? `?variant=${product.variant}` : '',
  );
  visit.track('Product Viewed', { ...describe(product), position });
}
