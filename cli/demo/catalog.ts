/** What the shop sells: twelve categories of 25 products. Made once, the same for every seed. */
import { at, Dice } from './dice.ts';

export interface ShopProduct {
  readonly product_id: string;
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  readonly brand: string;
  readonly variant: string;
  /** Cents, so that sums are exact. */
  readonly cents: number;
  /** The last part of the address of its page. */
  readonly slug: string;
}

interface Shelf {
  readonly category: string;
  readonly brands: readonly string[];
  readonly things: readonly string[];
  readonly kinds: readonly string[];
  /** Whole currency units. */
  readonly price: readonly [lowest: number, highest: number];
}

const SHELVES: readonly Shelf[] = [
  {
    category: 'Audio',
    brands: ['Nordlys', 'Kestrel', 'Halcyon'],
    things: ['Headphones', 'Earbuds', 'Turntable', 'Bookshelf Speaker', 'Soundbar'],
    kinds: ['Studio', 'Travel', 'Classic', 'Mini', 'Wireless'],
    price: [29, 489],
  },
  {
    category: 'Coffee',
    brands: ['Brew & Barrow', 'Crema Works'],
    things: ['Espresso Beans', 'Filter Beans', 'Hand Grinder', 'Pour-over Set', 'Milk Jug'],
    kinds: ['House', 'Highland', 'Decaf', 'Single Origin', 'Dark Roast'],
    price: [8, 95],
  },
  {
    category: 'Kitchen',
    brands: ['Oakhurst', 'Ferrum', 'Tavola'],
    things: ['Chef Knife', 'Cast Iron Pan', 'Cutting Board', 'Stock Pot', 'Mixing Bowl'],
    kinds: ['Everyday', 'Forged', 'Large', 'Compact', 'Heritage'],
    price: [14, 219],
  },
  {
    category: 'Books',
    brands: ['Marginalia Press', 'Lantern House'],
    things: ['Cookbook', 'Novel', 'Field Guide', 'Atlas', 'Essay Collection'],
    kinds: ['Illustrated', 'Pocket', 'Hardcover', 'Collected', 'Annotated'],
    price: [9, 65],
  },
  {
    category: 'Outdoor',
    brands: ['Fjellvind', 'Basecamp Nine', 'Trailhead'],
    things: ['Tent', 'Sleeping Bag', 'Rucksack', 'Headlamp', 'Camp Stove'],
    kinds: ['Ultralight', 'Winter', 'Two-person', 'Alpine', 'Weekend'],
    price: [19, 399],
  },
  {
    category: 'Cycling',
    brands: ['Velora', 'Chainline'],
    things: ['Helmet', 'Floor Pump', 'Pannier', 'Bike Light', 'Saddle'],
    kinds: ['City', 'Gravel', 'Road', 'Touring', 'Reflective'],
    price: [12, 179],
  },
  {
    category: 'Lighting',
    brands: ['Lumen & Loom', 'Glimt'],
    things: ['Desk Lamp', 'Floor Lamp', 'Pendant', 'String Lights', 'Night Light'],
    kinds: ['Brass', 'Linen', 'Dimmable', 'Opal', 'Paper'],
    price: [15, 329],
  },
  {
    category: 'Garden',
    brands: ['Greenhand', 'Loam'],
    things: ['Secateurs', 'Planter', 'Watering Can', 'Seed Box', 'Trowel'],
    kinds: ['Copper', 'Terracotta', 'Long-handled', 'Balcony', 'Heirloom'],
    price: [6, 129],
  },
  {
    category: 'Toys',
    brands: ['Puck & Pip', 'Wunderkiste'],
    things: ['Building Blocks', 'Puzzle', 'Train Set', 'Plush Bear', 'Board Game'],
    kinds: ['Wooden', 'Giant', 'Starter', 'Family', 'Glow-in-the-dark'],
    price: [9, 119],
  },
  {
    category: 'Stationery',
    brands: ['Quill & Co', 'Papierhaus'],
    things: ['Notebook', 'Fountain Pen', 'Planner', 'Ink Bottle', 'Pencil Set'],
    kinds: ['Dotted', 'Leather', 'Undated', 'Archival', 'Slim'],
    price: [4, 89],
  },
  {
    category: 'Home Textiles',
    brands: ['Lumen & Loom', 'Sove'],
    things: ['Duvet Cover', 'Throw', 'Bath Towel', 'Rug', 'Cushion'],
    kinds: ['Washed Linen', 'Waffle', 'Merino', 'Striped', 'Organic Cotton'],
    price: [18, 349],
  },
  {
    category: 'Cameras',
    brands: ['Halcyon', 'Objektiv'],
    things: ['Mirrorless Camera', 'Prime Lens', 'Tripod', 'Camera Bag', 'Instant Camera'],
    kinds: ['Compact', 'Pro', 'Travel', 'Vintage', 'Carbon'],
    price: [49, 1899],
  },
];

const VARIANTS = ['black', 'white', 'sand', 'forest', 'slate', 'clay', 'standard'];

export const CATEGORIES: readonly string[] = SHELVES.map((shelf) => shelf.category);

/** In the order of `CATEGORIES`, the best sellers of each first. */
export const PRODUCTS_BY_CATEGORY: readonly (readonly ShopProduct[])[] = SHELVES.map(stock);

function stock(shelf: Shelf, shelfIndex: number): ShopProduct[] {
  const dice = new Dice(`catalog/${shelf.category}`);
  const pairs = shelf.kinds.flatMap((kind) => shelf.things.map((thing) => `${kind} ${thing}`));
  return pairs.map((name, index) => {
    const number = String(shelfIndex * pairs.length + index + 1).padStart(4, '0');
    const variant = dice.pick(VARIANTS);
    const [lowest, highest] = shelf.price;
    return {
      product_id: `prod_${number}`,
      sku: `${shelf.category.slice(0, 3).toUpperCase()}-${number}-${variant.slice(0, 2).toUpperCase()}`,
      name,
      category: shelf.category,
      brand: dice.pick(shelf.brands),
      variant,
      cents: (lowest + dice.leaning(highest - lowest)) * 100 + dice.pick([0, 50, 90, 95, 99]),
      slug: slugOf(name),
    };
  });
}

/** Some categories, and some products in each, are far more popular than others. */
export function pickProducts(dice: Dice, count: number): ShopProduct[] {
  const shelf = dice.pickLeaning(PRODUCTS_BY_CATEGORY);
  const first = dice.leaning(shelf.length);
  return Array.from({ length: Math.min(count, shelf.length) }, (_, step) => at(shelf, (first + step) % shelf.length));
}

export function slugOf(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}
