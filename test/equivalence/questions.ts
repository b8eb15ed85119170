/** Questions of every kind that services ask, to be put to two Inlets with the same data. */

export interface Question {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
}

const EVENT = `id nodeId messageId source type event name userId anonymousId groupId previousId timestamp receivedAt
  properties traits context`;
const PAGE = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor } asOf';

/** Pages of a timeline, each asked for with the cursor of the one before: they are walked to the end. */
export const WALK = `query ($user: ID!, $order: EventOrder, $first: Int, $after: String) {
  user(id: $user) { events(order: $order, first: $first, after: $after) { edges { cursor node { ${EVENT} } } ${PAGE} } } }`;

export function questionsOf(users: readonly string[], day: string): Question[] {
  return [
    ...users.flatMap((user) => [
      {
        query: `query ($user: ID!) { user(id: $user) { id nodeId
          profile { name avatar firstSeen lastSeen traits updatedAt }
          groups(first: 20) { id traits firstSeen lastSeen group { nodeId traits firstSeen lastSeen } }
          products(first: 50) { edges { cursor node { id name category views lastAt chat { posts { text at } }
            sale { price quantity orderId at } sales { price quantity orderId at } } } ${PAGE} since } } }`,
        variables: { user },
      },
      {
        query: `query ($user: ID!) { user(id: $user) {
          types: events(first: 1000, types: [track, identify, alias]) { nodes { ${EVENT} } ${PAGE} }
          named: events(events: ["Order Completed", "Product Viewed"], from: "${day}") { nodes { ${EVENT} } ${PAGE} }
          sources: events(sources: ["app"], order: OLDEST) { nodes { ${EVENT} } ${PAGE} }
          where: events(where: [{ path: "total", gt: 10 }, { path: "coupon", exists: false }]) { nodes { properties } ${PAGE} }
          days: events(from: "${day}", to: "${day}", first: 3) { nodes { messageId user { id } } ${PAGE} } } }`,
        variables: { user },
      },
    ]),
    {
      query: 'query ($ids: [ID!]!) { users(ids: $ids) { id profile { name lastSeen traits } } }',
      variables: { ids: users },
    },
    {
      query: `{ groups(first: 2) { edges { cursor node { id nodeId traits firstSeen lastSeen
        members(first: 1) { edges { cursor node { id nodeId profile { name } } } ${PAGE} } } } ${PAGE} } }`,
    },
    { query: `{ groups(first: 100) { nodes { id } ${PAGE} } }` },
    ...['g1', 'nobody’s'].map((id) => ({
      query: `query ($id: ID!) { group(id: $id) { id traits firstSeen lastSeen members { nodes { id groups { id } } ${PAGE} } } }`,
      variables: { id },
    })),
    ...['events_by_day', 'products', 'groups', 'active_users', 'funnel', 'new_and_returning', 'retention'].map(
      (name) => ({
        query: `{ reports(name: "${name}", from: "2026-06-20", to: "2026-07-10") {
        name description grain columns { name type text } rows timezone restated { date because } } }`,
      }),
    ),
    {
      query: `{ reports(name: "products", from: "2026-06-20", to: "2026-07-10", groupBy: ["category"]) { rows columns { name } } }`,
    },
    { query: '{ reports(name: "events_by_day", from: "2026-06-20", to: "2026-07-10", groupBy: []) { rows } }' },
    { query: '{ reportList { name description grain columns { name type text } sums } }' },
    {
      query: `{ failedEvents(from: "2026-06-25", to: "2026-07-10", first: 100) { edges { cursor node {
        id nodeId source code message receivedAt body bytes sha256 } } ${PAGE} } }`,
    },
    {
      query: `{ failedEvents(from: "2026-06-25", to: "2026-07-10", codes: ["type_unknown"], sources: ["app"]) {
        nodes { id code } ${PAGE} } }`,
    },
    { query: '{ __schema { types { name fields { name args { name } } } } }' },
    ...REFUSED,
  ];
}

/** Refused, with the same words. */
const REFUSED: Question[] = [
  { query: '{ user(id: "ada") { events(first: 5000) { asOf } } }' },
  { query: '{ user(id: "ada") { events(after: "nonsense") { asOf } } }' },
  { query: '{ groups(first: 101) { asOf } group(id: "g1") { members(after: "nonsense") { asOf } } }' },
  { query: '{ user(id: "ada") { events(from: "yesterday") { asOf } } }' },
  { query: '{ user(id: "ada") { events(where: [{ path: "a" }]) { asOf } } }' },
  { query: '{ reports(name: "nothing", from: "2026-07-01", to: "2026-07-02") { rows } }' },
  { query: '{ reports(name: "products", from: "2020-07-01", to: "2026-07-02") { rows } }' },
  { query: '{ reports(name: "products", from: "2026-07-01", to: "2026-07-02", groupBy: ["color"]) { rows } }' },
  { query: '{ failedEvents(from: "2026-01-01", to: "2026-07-10") { asOf } }' },
  { query: '{ event(id: "nothing") { id } node(id: "nothing") { nodeId } }' },
  { query: '{ nobody }' },
  { query: '{' },
  { query: `{ ${Array.from({ length: 1_000 }, (_, at) => `u${at}: user(id: "a") { id }`).join(' ')} }` },
  { query: `{ user(id: "a") { ${'events { nodes { user { '.repeat(8)} id ${'} } } '.repeat(8)} } }` },
];
