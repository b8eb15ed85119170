import type { OperationDefinitionNode } from 'graphql';

const VARIANTS_MAX = 100;

/**
 * Costs that were computed before. A service sends the same operation over and over, and its cost is a tenth of the whole
 * answer. Yoga keeps parsed documents, so an operation that comes again is the same object.
 */
export class KnownCosts {
  readonly #costs = new WeakMap<OperationDefinitionNode, Map<string, number>>();

  of(operation: OperationDefinitionNode, variables: Readonly<Record<string, unknown>>, compute: () => number): number {
    let variants = this.#costs.get(operation);
    if (variants === undefined) {
      variants = new Map();
      this.#costs.set(operation, variants);
    }
    const variant = variantOf(variables);
    const known = variants.get(variant);
    if (known !== undefined) return known;
    const cost = compute();
    if (variants.size >= VARIANTS_MAX) variants.clear();
    variants.set(variant, cost);
    return cost;
  }
}

/**
 * What of the variables a cost depends on: page sizes, how long lists are, what @include and @skip ask, and which are given
 * at all, as the others have their defaults.
 */
function variantOf(variables: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.entries(variables).map(([name, value]) => [name, weightOf(value)]));
}

function weightOf(value: unknown): unknown {
  if (Array.isArray(value)) return [value.length];
  return value !== null && (typeof value === 'string' || typeof value === 'object') ? typeof value : value;
}
