/** What an operator looks at. */
import type { QueryServices } from '../services.ts';

export function operationResolvers(services: QueryServices) {
  return {
    Query: {
      sources: () => services.listSources(),
      status: () => services.readStatus(),
    },
  };
}
