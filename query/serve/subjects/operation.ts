/** What an operator looks at. */
import type { LoadersOf } from '../loaders.ts';
import type { QueryServices, Source } from '../services.ts';

export function operationResolvers(services: QueryServices, loadersOf: LoadersOf) {
  return {
    Query: {
      sources: () => services.listSources(),
      status: () => services.readStatus(),
    },
    Source: {
      lastSeen: ({ name }: Source, _args: unknown, context: object) => loadersOf(context).lastSeen.load(name),
    },
  };
}
