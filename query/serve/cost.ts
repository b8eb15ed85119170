import { type DocumentNode, type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql';
import { type ComplexityEstimator, getComplexity } from 'graphql-query-complexity';
import { GROUPS_FIRST } from '../identity/groups.ts';
import { MEMBERS_FIRST } from '../identity/members.ts';
import { MEMBERSHIPS_FIRST } from '../identity/memberships.ts';
import { PRODUCTS_FIRST } from '../resolve/product-page.ts';
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
  'Subscription.events': 500,
  'User.profile': 500,
  'User.groups': 500,
  'Query.groups': 500,
  'Group.traits': 400,
  'Group.firstSeen': 100,
  'Group.lastSeen': 100,
  'Group.members': 2_500,
  'Source.lastSeen': 500,
  'User.products': 5_000,
  'Profile.firstSeen': 500,
  'Profile.lastSeen': 500,
  'User.events': 500,
  'EventConnection.totalCount': 500,
  'EventConnection.totalCountIsExact': 500,
  'EventConnection.counts': 2_500,
  'Event.properties': 5,
  'Event.traits': 5,
  'Event.context': 5,
};

/** What finding each one of a page costs, beside what is asked of it. */
const EACH_COST: Readonly<Record<string, number>> = {
  'Group.members': 100,
};

const PAGES = ['EventConnection', 'FailedEventConnection', 'ProductConnection', 'GroupConnection', 'UserConnection'];

/** These are asked once a page, not once an event. */
const ONCE_A_PAGE: ReadonlySet<string> = new Set([
  ...PAGES.flatMap((page) => ['pageInfo', 'asOf', 'since'].map((field) => `${page}.${field}`)),
  ...['totalCount', 'totalCountIsExact', 'counts'].map((field) => `EventConnection.${field}`),
]);

/**
 * Costs are added up from the inside out as one number, so what is asked once a page goes as a fraction: the page takes
 * it out before it multiplies the rest. More than fits there counts as often as there are events.
 */
const ONCE = 2 ** -20;

const estimator: ComplexityEstimator = ({ type, field, args, childComplexity }) => {
  const name = `${type.name}.${field.name}`;
  const own = OWN_COST[name] ?? 1;
  if (ONCE_A_PAGE.has(name)) return own * ONCE;
  const times = timesOf(name, args);
  const each = Math.floor(childComplexity);
  const once = (childComplexity - each) / ONCE;
  return own + once + times * (each + (EACH_COST[name] ?? 0));
};

/** How often what is below comes at most. */
function timesOf(name: string, { first, ids }: Readonly<Record<string, unknown>>): number {
  if (name === 'User.events') return pageSize(first, FIRST_DEFAULT, FIRST_MAX);
  if (name === 'User.groups') return pageSize(first, MEMBERSHIPS_FIRST.by_default, MEMBERSHIPS_FIRST.most);
  if (name === 'Query.groups') return pageSize(first, GROUPS_FIRST.by_default, GROUPS_FIRST.most);
  if (name === 'Group.members') return pageSize(first, MEMBERS_FIRST.by_default, MEMBERS_FIRST.most);
  if (name === 'User.products') return pageSize(first, PRODUCTS_FIRST.by_default, PRODUCTS_FIRST.most);
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
