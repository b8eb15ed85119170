import { usePersistedOperations } from '@graphql-yoga/plugin-persisted-operations';
import type { Plugin } from 'graphql-yoga';
import { isJsonObject } from '../../schemas/event.ts';
import { refusal } from './errors.ts';

export interface Operations {
  /** @returns the text of the operation with this SHA-256, hex in any case; null where it is not known */
  find(sha256: string): Promise<string | null>;
}

/** Callers may send the hash of an operation in place of its text; `only`: they must. What it may cost holds for both. */
export function knownOperations(operations: Operations, only: boolean): Plugin {
  const plugin: Plugin = usePersistedOperations({
    getPersistedOperation: (hash) => operations.find(hash),
    allowArbitraryOperations: !only,
    customErrors: {
      notFound: () => refusal('operation_unknown'),
      keyNotFound: () => refusal('operation_missing'),
      persistedQueryOnly: () => refusal('operations_only'),
    },
  });
  return {
    ...plugin,
    // What names no hash is an operation like any other, and what is wrong with it is said as ever.
    onParams: (payload) => (only || isByHash(payload.params) ? plugin.onParams?.(payload) : undefined),
  };
}

function isByHash({ extensions }: { readonly extensions?: unknown }): boolean {
  return isJsonObject(extensions) && extensions.persistedQuery !== undefined;
}
