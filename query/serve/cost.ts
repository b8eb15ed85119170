import { type DocumentNode, type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql';
import { type ComplexityEstimator, getComplexity } from 'graphql-query-complexity';
import { FIRST_DEFAULT, FIRST_MAX } from '../resolve/timeline.ts';
import { FAILED_FIRST } from './subjects/failed-events.ts';

/** What each field costs by itself, in plain fields of an answer; 1 where nothing is said. */
const OWN_COST: Readonly<Record<string, number>> = {
  'Query.node': 500,
  'Query.event': 500,
  'Query.reports': 2_500,
  'Query.reportList': 500,
  'Query.failedEvents': 2_500,
  'Query.sources': 500,
  'Query.status': 2_500,
  'User.profile': 500,
  'Profile.firstSeen': 500,
  'Profile.lastSeen': 500,
  'User.events': 500,
  'Event.properties': 5,
  'Event.traits': 5,
  'Event.context': 5,
};

/** These are asked once a page, not once an event. */
const ONCE_A_PAGE: ReadonlySet<string> = new Set(
  ['EventConnection', 'FailedEventConnection'].flatMap((page) => [`${page}.pageInfo`, `${page}.asOf`]),
);

const estimator: ComplexityEstimator = ({ type, field, args, childComplexity }) => {
  const name = `${type.name}.${field.name}`;
  if (ONCE_A_PAGE.has(name)) return 1;
  return (OWN_COST[name] ?? 1) + timesOf(name, args) * childComplexity;
};

/** How often what is below comes at most. */
function timesOf(name: string, { first, ids }: Readonly<Record<string, unknown>>): number {
  if (name === 'User.events') return pageSize(first, FIRST_DEFAULT, FIRST_MAX);
  if (name === 'Query.failedEvents') return pageSize(first, FAILED_FIRST.by_default, FAILED_FIRST.most);
  if (name === 'Query.users') return Array.isArray(ids) ? ids.length : 1;
  return 1;
}

/** A size that will be refused costs nothing, so that the answer says what is wrong with it. */
function pageSize(first: unknown, by_default: number, most: number): number {
  const size = Number(first ?? by_default);
  return size >= 1 && size <= most ? size : 0;
}

/**
 * The cost of an operation of a valid document, with the values its variables have this time.
 *
 * @throws GraphQLError for variables that do not fit.
 */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): number {
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  return getComplexity({
    schema,
    query: { kind: Kind.DOCUMENT, definitions: [operation, ...fragments] },
    variables,
    estimators: [estimator],
  });
}
