import { type DocumentNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql';

export interface Extent {
  /** How deep fields are nested at most. */
  readonly depth: number;
  /** How many selections there are once every fragment is written out. */
  readonly selections: number;
  /** Whether it asks for the schema: `__schema` or `__type`. */
  readonly introspects: boolean;
}

/** No type of ours can have fields of these names. */
const SCHEMA_FIELDS: ReadonlySet<string> = new Set(['__schema', '__type']);

/** Yoga keeps parsed documents, so a query that comes again is the same object. */
const known = new WeakMap<DocumentNode, Extent>();

/** The extent of a valid document. */
export function extentOf(document: DocumentNode): Extent {
  const before = known.get(document);
  if (before !== undefined) return before;
  const extent = measure(document);
  known.set(document, extent);
  return extent;
}

/** Each fragment is measured once: measured at each spread, a few hundred characters can keep a server busy for hours. */
function measure(document: DocumentNode): Extent {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const measured = new Map<string, Extent>();

  function ofFragment(name: string): Extent {
    const known = measured.get(name);
    if (known !== undefined) return known;
    const extent = ofSelections(fragments.get(name)?.selectionSet);
    measured.set(name, extent);
    return extent;
  }

  function ofSelections(set: SelectionSetNode | undefined): Extent {
    let depth = 0;
    let selections = 0;
    let introspects = false;
    for (const selection of set?.selections ?? []) {
      const isSpread = selection.kind === Kind.FRAGMENT_SPREAD;
      const inner = isSpread ? ofFragment(selection.name.value) : ofSelections(selection.selectionSet);
      depth = Math.max(depth, inner.depth + (selection.kind === Kind.FIELD ? 1 : 0));
      selections += 1 + inner.selections;
      introspects ||= inner.introspects || (selection.kind === Kind.FIELD && SCHEMA_FIELDS.has(selection.name.value));
    }
    return { depth, selections, introspects };
  }

  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const extents = operations.map(({ selectionSet }) => ofSelections(selectionSet));
  return {
    depth: extents.reduce((deepest, { depth }) => Math.max(deepest, depth), 0),
    selections: extents.reduce((sum, { selections }) => sum + selections, 0),
    introspects: extents.some(({ introspects }) => introspects),
  };
}
