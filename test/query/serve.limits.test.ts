import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { extentOf } from '../../query/serve/extent.ts';
import { openService, URL_GRAPHQL } from './serve.support.ts';
import { openIndex, watched } from './support.ts';

const PAGE = `query ($first: Int) { user(id: "ann") { events(first: $first) { nodes { id properties traits context } } } }`;

async function openWatched() {
  const { database, counter } = watched(openIndex());
  return { service: await openService({ index: database }), counter };
}

test('a whole page of the largest size is within the limits', async () => {
  const { service } = await openWatched();
  const whole = `query { user(id: "ann") { id profile { traits updatedAt } events(first: 1000) { edges { cursor node {
    id messageId source type event name userId anonymousId groupId previousId timestamp receivedAt properties traits
    context } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } asOf
    totalCount totalCountIsExact counts { day type count } } } }`;
  expect((await service.ask(whole)).codes).toEqual([]);
});

test('a document that ran cheaply is refused when its variables make it costly', async () => {
  const { service, counter } = await openWatched();
  const query = `query ($n: Int) { user(id: "ann") { ${Array.from({ length: 5 }, (_, i) => `e${i}: events(first: $n) { nodes { id properties traits context } }`).join(' ')} } }`;
  expect((await service.ask(query, { n: 5 })).codes).toEqual([]);
  const reads = counter.reads;
  const refused = await service.ask(query, { n: 1_000 });
  expect(refused).toMatchObject({ status: 400, codes: ['query_too_costly'] });
  expect(counter.reads).toBe(reads);
  expect((await service.ask(query, { n: 5 })).codes).toEqual([]);
});

test.each([
  ['a thousand aliases', `{ ${Array.from({ length: 1_000 }, (_, i) => `u${i}: user(id: "ann") { id }`).join(' ')} }`],
  [
    'aliased timelines',
    `{ user(id: "ann") { ${Array.from({ length: 120 }, (_, i) => `e${i}: events(first: 1) { asOf }`).join(' ')} } }`,
  ],
  [
    'aliased profiles',
    `{ user(id: "ann") { ${Array.from({ length: 120 }, (_, i) => `p${i}: profile { traits }`).join(' ')} } }`,
  ],
  [
    'aliased counts',
    `{ user(id: "ann") { events(first: 1) { ${Array.from({ length: 25 }, (_, i) => `c${i}: counts { count }`).join(' ')} } } }`,
  ],
  [
    'aliased reports',
    `{ ${Array.from({ length: 30 }, (_, i) => `r${i}: reports(name: "a", from: "2026-01-01", to: "2026-01-02") { name }`).join(' ')} }`,
  ],
  [
    'the same field many times over a page',
    `{ user(id: "ann") { events(first: 1000) { nodes { ${Array.from({ length: 12 }, (_, i) => `p${i}: properties`).join(' ')} } } } }`,
  ],
  [
    'fragments that multiply',
    `{ user(id: "ann") { ...f0 } } ${Array.from({ length: 40 }, (_, i) => `fragment f${i} on User { ...f${i + 1} ...f${i + 1} }`).join(' ')} fragment f40 on User { id }`,
  ],
  ['a long query', `{ user(id: "${'x'.repeat(70_000)}") { id } }`],
  ['many tokens', `{ user(id: "ann") { ${'id '.repeat(3_000)} } }`],
])('%s: refused before anything is read', async (_name, query) => {
  const { service, counter } = await openWatched();
  const answer = await service.ask(query);
  expect(answer.data ?? null).toBeNull();
  expect(answer.status).toBe(400);
  expect(answer.codes).toEqual(['query_too_costly']);
  expect(counter.reads).toBe(0);
});

test('a deep query is refused', async () => {
  const { service } = await openWatched();
  const deep = `{ __type(name: "User") { ${'ofType { '.repeat(13)} name ${'} '.repeat(13)} } }`;
  expect(await service.ask(deep)).toMatchObject({ status: 400, codes: ['query_too_deep'] });
});

test('a query nested as deep as its tokens allow is refused and does no harm', async () => {
  const { service } = await openWatched();
  const answer = await service.ask(`{ __type(name: "User") { ${'ofType { '.repeat(980)} name ${'} '.repeat(980)} } }`);
  expect(answer.data ?? null).toBeNull();
  expect((await service.ask(PAGE, { first: 1 })).codes).toEqual([]);
});

test('fragments that spread themselves are refused and do no harm', async () => {
  const { service } = await openWatched();
  expect((await service.ask('{ user(id: "ann") { ...f } } fragment f on User { ...f }')).status).toBe(400);
});

test.each([
  ['of a length that nobody said', {}, 300_000, 400],
  ['of the length that it says', { 'content-length': '300100' }, 300_000, 400],
  ['that says less and comes in pieces', { 'content-length': '100', 'transfer-encoding': 'chunked' }, 300_000, 400],
  ['within the limit that says so', { 'content-length': '200' }, 10, 200],
  ['within the limit that does not', {}, 10, 200],
])('a body %s', async (_name, headers, padding, status) => {
  const { service } = await openWatched();
  const body = JSON.stringify({ query: PAGE, variables: { first: 1, padding: 'x'.repeat(padding) } });
  const response = await service.fetch(URL_GRAPHQL, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  expect(response.status).toBe(status);
});

test('the extent counts through fragments of both kinds, and measures each fragment once', () => {
  expect(extentOf(parse('{ a { b { c } } d }'))).toEqual({ depth: 3, selections: 4, introspects: false });
  expect(extentOf(parse('{ a { ...f ... on B { c { d { e } } } } } fragment f on B { c }'))).toEqual({
    depth: 4,
    selections: 7,
    introspects: false,
  });
  const doubling = Array.from({ length: 50 }, (_, i) => `fragment f${i} on A { a { ...f${i + 1} ...f${i + 1} } }`);
  const extent = extentOf(parse(`{ ...f0 } ${doubling.join(' ')} fragment f50 on A { b }`));
  expect(extent.depth).toBe(51);
  expect(extent.selections).toBeGreaterThan(2 ** 50);
});

const HOSTILE = [
  "' or 1=1 --",
  '"; drop table events_a; --',
  '\u0000',
  '%',
  '{{1}}',
  '__proto__',
  '../../etc/passwd',
  '💥\ud800',
];

test.each(HOSTILE)('%j in any argument finds nothing, breaks nothing and is no fault of ours', async (text) => {
  const faults: unknown[] = [];
  const service = await openService({ report: (fault) => faults.push(fault) });
  const before = JSON.stringify((await service.index.prepare('select * from index_state').all()).results);
  const query = `query ($id: ID!, $events: [String!], $path: [String!]!, $value: JSON) { user(id: $id) { profile { traits }
    events(events: $events, sources: $events, where: [{ path: $path, equals: $value, in: [$value], gt: $value }]) {
      nodes { id } } } }`;
  const nothing = await service.ask(query, { id: text, events: [text], path: [text], value: text });
  expect(nothing).toMatchObject({ codes: [], data: { user: { profile: { traits: {} }, events: { nodes: [] } } } });

  const one = (ask: string) => service.ask(`query ($text: ${ask}`, { text }).then(({ codes }) => codes);
  expect(await one('ID!) { event(id: $text) { id } }')).toEqual(['id_invalid']);
  expect(await one('String) { user(id: "a") { events(after: $text) { asOf } } }')).toEqual(['cursor_invalid']);
  expect(await one('String!) { reports(name: $text, from: "2026-01-01", to: "2026-01-02") { rows } }')).toEqual([
    'report_unknown',
  ]);
  expect(await one('DateTime) { user(id: "a") { events(from: $text) { asOf } } }')).toEqual(['date_invalid']);
  expect(await one('DateTime) { user(id: "a") { events(to: $text) { asOf } } }')).toEqual(['date_invalid']);
  expect(JSON.stringify((await service.index.prepare('select * from index_state').all()).results)).toBe(before);
  expect(faults).toEqual([]);
});

test.each([
  ['no test', [{ path: ['a'] }]],
  ['no path', [{ path: [], exists: true }]],
  ['a path of nine names', [{ path: 'abcdefghi'.split(''), exists: true }]],
  ['a name of 257 characters', [{ path: ['x'.repeat(257)], exists: true }]],
  ['an object as a value', [{ path: ['a'], equals: { b: 1 } }]],
  ['a list as a bound', [{ path: ['a'], gt: [1] }]],
  ['101 values', [{ path: ['a'], in: Array.from({ length: 101 }, (_, at) => at) }]],
  ['eleven filters', Array.from({ length: 11 }, () => ({ path: ['a'], exists: true }))],
])('a property filter with %s is refused before an event is read', async (_name, where) => {
  const { service, counter } = await openWatched();
  const query = 'query ($where: [PropertyFilter!]) { user(id: "a") { events(where: $where) { asOf } } }';
  expect((await service.ask(query, { where })).codes).toEqual(['filter_invalid']);
  // The state of the index and who the user is, at most.
  expect(counter.reads).toBeLessThanOrEqual(2);
});

test.each([0, -1, 1_001, 2_147_483_647])('a page of %d events is refused', async (first) => {
  const { service, counter } = await openWatched();
  expect((await service.ask(PAGE, { first })).codes).toEqual(['page_too_large']);
  expect(counter.reads).toBe(0);
});

test.each([
  '{ __schema { types { name } } }',
  '{ a: __type(name: "User") { name } }',
  '{ ...f } fragment f on Query { ... on Query { __schema { description } } }',
])('with introspection off, %s is refused with a code, and __typename is not', async (query) => {
  expect((await (await openService()).ask(query)).codes).toEqual([]);
  const service = await openService({}, { INLET_GRAPHQL_INTROSPECTION: 'off' });
  expect(await service.ask(query)).toMatchObject({ status: 400, codes: ['introspection_off'] });
  expect((await service.ask('{ __typename user(id: "ann") { __typename id } }')).codes).toEqual([]);
});

test('with introspection off, no answer suggests what the schema has', async () => {
  const slip = '{ usr(id: "ann") { id } }';
  expect((await (await openService()).ask(slip)).messages.join()).toContain('Did you mean');
  const service = await openService({}, { INLET_GRAPHQL_INTROSPECTION: 'off' });
  expect(await service.ask(slip)).toMatchObject({ status: 400, codes: ['GRAPHQL_VALIDATION_FAILED'] });
  expect((await service.ask(slip)).messages.join()).not.toContain('Did you mean');
});
