/** What somebody asks who means harm, and how each is refused. */

export interface HostileQuery {
  readonly name: string;
  /** Of the error table, or of GraphQL itself. Empty: it is answered, and finds nothing. */
  readonly codes: readonly string[];
  readonly body: { readonly query: string; readonly variables?: object };
}

const times = (count: number, make: (number: number) => string): string =>
  Array.from({ length: count }, (_, at) => make(at)).join(' ');
const COSTLY = `query ($n: Int) { user(id: "ann") { ${times(5, (at) => `e${at}: events(first: $n) { nodes { id properties traits context } }`)} } }`;
const WHERE = 'query ($where: [PropertyFilter!]) { user(id: "ann") { events(where: $where) { nodes { id } } } }';
const REFUSED = ['query_too_costly'];
const INVALID = ['GRAPHQL_VALIDATION_FAILED'];
const TEXTS = ["' or 1=1 --", '"; drop table events_a; --', '\u0000', '../../etc/passwd', '{{1}}', '💥\ud800', '%'];

let serial = 0;
/** Never the same text twice, so that no cache of documents helps, and each would fill one. */
const fresh = (name: string, codes: readonly string[], make: (number: number) => string): HostileQuery => ({
  name,
  codes,
  get body() {
    serial += 1;
    return { query: make(serial) };
  },
});

export const HOSTILE: readonly HostileQuery[] = [
  {
    name: 'deep',
    codes: ['introspection_off'],
    body: { query: `{ __type(name: "User") { ${'ofType { '.repeat(13)} name ${'} '.repeat(13)} } }` },
  },
  {
    name: 'as deep as tokens allow',
    codes: REFUSED,
    body: { query: `{ __type(name: "User") { ${'ofType { '.repeat(980)} name ${'} '.repeat(980)} } }` },
  },
  fresh(
    'deep through events',
    ['query_too_deep'],
    (n) =>
      `query Q${n} { user(id: "ann") { ${'events(first: 1) { nodes { user { '.repeat(6)} id ${'} } } '.repeat(6)} } }`,
  ),
  fresh('wide', REFUSED, (n) => `query Q${n} { user(id: "ann") { ${'id '.repeat(3_000)} } }`),
  fresh('a thousand aliases', REFUSED, (n) => `{ ${times(1_000, (at) => `u${n}x${at}: user(id: "ann") { id }`)} }`),
  fresh(
    'aliased timelines',
    REFUSED,
    (n) => `query Q${n} { user(id: "ann") { ${times(120, (at) => `e${at}: events(first: 1) { asOf }`)} } }`,
  ),
  {
    name: 'a huge page',
    codes: ['page_too_large'],
    body: { query: '{ user(id: "ann") { events(first: 2147483647) { nodes { id } } } }' },
  },
  {
    name: 'a huge page by a variable',
    codes: ['page_too_large'],
    body: {
      query: 'query ($n: Int) { user(id: "ann") { events(first: $n) { nodes { id } } } }',
      variables: { n: 1_000_000 },
    },
  },
  {
    name: 'a thousand users',
    codes: REFUSED,
    body: {
      query: 'query ($ids: [ID!]!) { users(ids: $ids) { profile { name } } }',
      variables: { ids: Array.from({ length: 1_000 }, (_, at) => `u${at}`) },
    },
  },
  {
    name: 'all members of all groups',
    codes: REFUSED,
    body: { query: '{ groups(first: 100) { nodes { members(first: 100) { nodes { id } } } } }' },
  },
  fresh(
    'members of the groups of members',
    REFUSED,
    (n) =>
      `query Q${n} { groups(first: 3) { nodes { members(first: 3) { ${'nodes { groups(first: 2) { group { members(first: 2) { '.repeat(2)} asOf ${'} } } } '.repeat(2)} } } } }`,
  ),
  {
    name: 'a huge page of groups',
    codes: ['page_too_large'],
    body: { query: '{ groups(first: 2147483647) { nodes { traits } } }' },
  },
  {
    name: 'fragments in a circle',
    codes: INVALID,
    body: { query: '{ user(id: "ann") { ...a } } fragment a on User { ...b } fragment b on User { ...a }' },
  },
  fresh(
    'fragments that multiply',
    REFUSED,
    (n) =>
      `query Q${n} { user(id: "ann") { ...f0 } } ${times(40, (at) => `fragment f${at} on User { ...f${at + 1} ...f${at + 1} }`)} fragment f40 on User { id }`,
  ),
  { name: 'cheap', codes: [], body: { query: COSTLY, variables: { n: 1 } } },
  { name: 'the same, costly', codes: REFUSED, body: { query: COSTLY, variables: { n: 1_000 } } },
  {
    name: 'introspection',
    codes: ['introspection_off'],
    body: { query: '{ __schema { types { name fields { name } } } }' },
  },
  fresh('a long query', REFUSED, (n) => `query Q${n} { user(id: "${'x'.repeat(70_000)}") { id } }`),
  {
    name: 'a long body',
    codes: REFUSED,
    body: { query: '{ __typename }', variables: { padding: 'x'.repeat(300_000) } },
  },
  {
    name: 'a hundred filters',
    codes: ['filter_invalid'],
    body: { query: WHERE, variables: { where: Array.from({ length: 100 }, () => ({ path: ['a'], exists: true })) } },
  },
  {
    name: 'a filter deep down',
    codes: ['filter_invalid'],
    body: { query: WHERE, variables: { where: [{ path: Array.from({ length: 1_000 }, () => 'a'), exists: true }] } },
  },
  fresh('an unknown field', INVALID, (n) => `{ user(id: "ann") { field${n} } }`),
  ...TEXTS.flatMap((text): HostileQuery[] => [
    {
      name: `${text} as an id`,
      codes: [],
      body: {
        query: 'query ($t: ID!) { user(id: $t) { profile { traits } events { nodes { id } } } }',
        variables: { t: text },
      },
    },
    {
      name: `${text} as an event id`,
      codes: ['id_invalid'],
      body: { query: 'query ($t: ID!) { event(id: $t) { id } }', variables: { t: text } },
    },
    {
      name: `${text} as a node id`,
      codes: ['id_invalid'],
      body: { query: 'query ($t: ID!) { node(id: $t) { nodeId } }', variables: { t: text } },
    },
    {
      name: `${text} as a cursor`,
      codes: ['cursor_invalid'],
      body: { query: 'query ($t: String) { user(id: "a") { events(after: $t) { asOf } } }', variables: { t: text } },
    },
    {
      name: `${text} as a group`,
      codes: [],
      body: {
        query: 'query ($t: ID!) { group(id: $t) { traits members { nodes { id } } } }',
        variables: { t: text },
      },
    },
    {
      name: `${text} as a cursor of groups`,
      codes: ['cursor_invalid'],
      body: { query: 'query ($t: String) { groups(after: $t) { asOf } }', variables: { t: text } },
    },
    {
      name: `${text} as a report`,
      codes: ['report_unknown'],
      body: {
        query: 'query ($t: String!) { reports(name: $t, from: "2026-01-01", to: "2026-01-02") { rows } }',
        variables: { t: text },
      },
    },
    {
      name: `${text} in a filter`,
      codes: [],
      body: { query: WHERE, variables: { where: [{ path: [text], equals: text, in: [text] }] } },
    },
    {
      name: `${text} as a time`,
      codes: ['date_invalid'],
      body: { query: 'query ($t: DateTime) { user(id: "a") { events(from: $t) { asOf } } }', variables: { t: text } },
    },
  ]),
];
