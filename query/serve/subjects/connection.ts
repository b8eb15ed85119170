/** What all connections share. */
export interface Connection<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly isFirst: boolean;
  readonly hasNextPage: boolean;
  /** Where the next page goes on; not always that of the last edge. */
  readonly endCursor: string | null;
}

/** Resolvers of a connection type. */
export function connectionFields<Node>() {
  return {
    edges: ({ edges }: Connection<Node>) => edges,
    nodes: ({ edges }: Connection<Node>): Node[] => edges.map(({ node }) => node),
    pageInfo: (page: Connection<Node>) => ({
      hasNextPage: page.hasNextPage,
      hasPreviousPage: !page.isFirst,
      startCursor: () => page.edges[0]?.cursor ?? null,
      endCursor: () => page.endCursor,
    }),
  };
}
