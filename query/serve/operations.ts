import { usePersistedOperations } from '@graphql-yoga/plugin-persisted-operations';
import type { Plugin } from 'graphql-yoga';
import { refusal } from './errors.ts';

/** Texts of operations by their SHA-256, lower-case hex. */
export type Operations = ReadonlyMap<string, string>;

/** Callers may send the hash of an operation in place of its text; `only`: they must. What it may cost holds for both. */
export function knownOperations(operations: Operations, only: boolean): Plugin {
  return usePersistedOperations({
    getPersistedOperation: (hash) => operations.get(hash.toLowerCase()) ?? null,
    allowArbitraryOperations: !only,
    customErrors: {
      notFound: () => refusal('operation_unknown'),
      keyNotFound: () => refusal('operation_missing'),
      persistedQueryOnly: () => refusal('operations_only'),
    },
  });
}
