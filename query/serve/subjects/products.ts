/** Products that a user had to do with. */
import { PRODUCTS_FIRST, readProducts } from '../../resolve/product-page.ts';
import type { Product } from '../../resolve/products.ts';
import { type Reading, readEvents } from '../read-events.ts';
import type { QueryServices } from '../services.ts';
import { type Connection, connectionFields } from './connection.ts';
import type { User } from './users.ts';

interface ProductConnection extends Connection<Product> {
  readonly asOf: number;
  readonly since: number | null;
}

interface ProductsArguments {
  readonly first?: number | null;
  readonly after?: string | null;
}

export function productResolvers(services: QueryServices) {
  return {
    User: {
      products: ({ id }: User, args: ProductsArguments) => readConnection(services, id, args),
    },
    ProductConnection: connectionFields<Product>(),
    Product: {
      chat: ({ posts }: Product) => ({ posts }),
      sale: ({ sales }: Product) => sales[0] ?? null,
    },
  };
}

async function readConnection(
  services: QueryServices,
  user: string,
  { first, after }: ProductsArguments,
): Promise<ProductConnection> {
  const read = (reading: Reading) => readEvents(services, user, reading);
  const page = await readProducts(read, { first: first ?? PRODUCTS_FIRST.by_default, after: after ?? null });
  const edges = page.edges.map(({ cursor, product }) => ({ cursor, node: product }));
  return {
    edges,
    isFirst: after === undefined || after === null,
    hasNextPage: page.hasNextPage,
    endCursor: edges.at(-1)?.cursor ?? null,
    asOf: page.asOf,
    since: page.since,
  };
}
