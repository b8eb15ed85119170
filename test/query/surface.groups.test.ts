/** Groups and their members over GraphQL. */
import { beforeEach, expect, test } from 'vitest';
import type { AuditLine } from '../../query/access/audit.ts';
import { writeRows } from '../../query/index/write.ts';
import { SCOPES, type Scope } from '../../schemas/scopes.ts';
import { openService, type Service } from './serve.support.ts';
import { MINUTE_MS, makeRow, openIndex, pack, T0, watched } from './support.ts';

const WHOLE = 'id traits firstSeen lastSeen';
const iso = (minutes: number): string => new Date(T0 + minutes * MINUTE_MS).toISOString();

let index: ReturnType<typeof openIndex>;
let service: Service;
let lines: AuditLine[];
let counter: { reads: number };

const withScopes = (scopes: readonly Scope[]): Promise<Service> => openService({ index }, {}, scopes);

beforeEach(async () => {
  lines = [];
  index = openIndex();
  const counted = watched(index);
  counter = counted.counter;
  service = await openService({ index: counted.database, audit: (line) => lines.push(line) });
  const names = (user: string, group_id: string, minutes: number, traits: object) =>
    makeRow({
      ...{ type: 'group', user_key: user, group_id, traits: JSON.stringify(traits) },
      ...{ message_id: `${user} ${group_id}`, pack_id: pack(minutes), timestamp: T0 + minutes * MINUTE_MS },
    });
  await writeRows(index, [
    names('ada', 'acme', 1, { name: 'Acme', plan: 'free', phone: '+49 30 1234567' }),
    names('bob', 'acme', 3, { plan: 'pro', contact: 'bob@acme.example' }),
    names('cy', 'acme', 4, {}),
    names('ada', 'club', 2, { plan: 'club' }),
    makeRow({ user_key: 'ada', type: 'identify', traits: '{"name":"Ada"}', message_id: 'i', pack_id: pack(5) }),
  ]);
});

test('a group says what all users said of it and who is in it; a user says what his own calls say, and leads to the group', async () => {
  const { data, codes } = await service.ask(`{
    group(id: "acme") { ${WHOLE} members { nodes { id profile { name } groups(first: 1) { id } } } }
    user(id: "ada") { groups(first: 20) { ${WHOLE} group { traits lastSeen } } } }`);
  expect(codes).toEqual([]);
  const own = { name: 'Acme', plan: 'free', phone: '+49 30 1234567' };
  const all = { ...own, plan: 'pro', contact: 'bob@acme.example' };
  const club = { traits: { plan: 'club' }, lastSeen: iso(2) };
  expect(data).toEqual({
    group: {
      ...{ id: 'acme', traits: all, firstSeen: iso(1), lastSeen: iso(4) },
      members: {
        nodes: [
          { id: 'ada', profile: { name: 'Ada' }, groups: [{ id: 'club' }] },
          { id: 'bob', profile: { name: null }, groups: [{ id: 'acme' }] },
          { id: 'cy', profile: { name: null }, groups: [{ id: 'acme' }] },
        ],
      },
    },
    user: {
      groups: [
        { id: 'club', firstSeen: iso(2), ...club, group: club },
        {
          ...{ id: 'acme', traits: own, firstSeen: iso(1), lastSeen: iso(1) },
          group: { traits: all, lastSeen: iso(4) },
        },
      ],
    },
  });
});

test('a group that nobody named is empty, as a user without events is', async () => {
  const { data, codes } = await service.ask(
    `{ group(id: "nobody's") { ${WHOLE} members { nodes { id } pageInfo { hasNextPage endCursor } } } }`,
  );
  expect(codes).toEqual([]);
  const members = { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } };
  expect(data).toEqual({ group: { id: "nobody's", traits: {}, firstSeen: null, lastSeen: null, members } });
});

test('pages of groups and of members go on where their cursors say', async () => {
  const ask = `query ($group: String, $member: String) {
    groups(first: 1, after: $group) { edges { cursor node { id } } asOf
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
    group(id: "acme") { members(first: 2, after: $member) { edges { cursor node { id } } asOf
      pageInfo { hasNextPage hasPreviousPage endCursor } } } }`;
  const text = async (variables: object): Promise<string> =>
    JSON.stringify((await service.ask(ask, { ...variables })).data);
  const first = await text({});
  const [, group = ''] = /"id":"acme".*?"endCursor":"([^"]+)"/.exec(first) ?? [];
  const [, member = ''] = /"id":"bob".*?"endCursor":"([^"]+)"/.exec(first) ?? [];
  expect(first.match(/"id":"\w+"/g)).toEqual(['"id":"acme"', '"id":"ada"', '"id":"bob"']);
  expect(first.match(/"hasNextPage":true,"hasPreviousPage":false/g)).toHaveLength(2);
  const second = await text({ group, member });
  expect(second.match(/"id":"\w+"/g)).toEqual(['"id":"club"', '"id":"cy"']);
  expect(second.match(/"hasNextPage":false,"hasPreviousPage":true/g)).toHaveLength(2);
  expect(second.match(new RegExp(`"asOf":"${new Date(T0).toISOString()}"`, 'g'))).toHaveLength(2);
});

test('a group is found again by its node id, which a user of the same name does not share', async () => {
  const { data } = await service.ask('{ group(id: "acme") { nodeId } user(id: "acme") { nodeId } }');
  const [group, user] =
    JSON.stringify(data)
      .match(/"nodeId":"[^"]+"/g)
      ?.map((text) => text.slice(10, -1)) ?? [];
  expect(group).not.toBe(user);
  const ask = 'query ($id: ID!) { node(id: $id) { __typename nodeId ... on Group { id firstSeen } } }';
  expect((await service.ask(ask, { id: group })).data).toEqual({
    node: { __typename: 'Group', nodeId: group, id: 'acme', firstSeen: iso(1) },
  });
  expect((await (await withScopes(['reports'])).ask(ask, { id: group })).codes).toEqual(['scope_missing']);
});

test('what several fields of one request ask of a group is read once', async () => {
  const readsOf = async (query: string): Promise<number> => {
    const before = counter.reads;
    expect((await service.ask(query)).codes).toEqual([]);
    return counter.reads - before;
  };
  const once = await readsOf(`{ group(id: "acme") { ${WHOLE} } }`);
  const often = Array.from({ length: 20 }, (_, at) => `g${at}: group(id: "acme") { ${WHOLE} }`);
  expect(await readsOf(`{ ${often.join(' ')} }`)).toBe(once);
});

test('without personal_data traits are masked, in the group and in what one user says of it', async () => {
  const query = '{ group(id: "acme") { id traits } user(id: "ada") { groups { traits } } groups { nodes { traits } } }';
  const hidden = JSON.stringify((await (await withScopes(['timeline'])).ask(query)).data);
  const open = JSON.stringify((await service.ask(query)).data);
  for (const personal of ['Acme', '1234567', 'bob@acme.example']) {
    expect(open).toContain(personal);
    expect(hidden).not.toContain(personal);
  }
  expect(hidden).toContain('"plan":"pro"');
});

test('every look into a group leaves a line, with the members that came', async () => {
  const said = () => lines.splice(0).map(({ users, fields, events }) => [users, fields, events]);
  await service.ask('{ group(id: "acme") { traits lastSeen } }');
  await service.ask('{ groups(first: 5) { nodes { id } } }');
  await service.ask('{ group(id: "acme") { members(first: 2) { edges { node { id } } } } }');
  await service.ask('{ group(id: "acme") { id nodeId } }');
  expect(said()).toEqual([
    [[], ['group'], 0],
    [[], ['groups'], 0],
    [['ada', 'bob'], ['members'], 0],
  ]);
});

test('a token without the scope timeline is refused, however a group is asked for', async () => {
  const other = await withScopes(SCOPES.filter((scope) => scope !== 'timeline'));
  for (const query of ['{ group(id: "acme") { members { nodes { id } } } }', '{ groups { nodes { id } } }']) {
    const { data, codes } = await other.ask(query);
    expect([data ?? null, codes]).toEqual([null, ['scope_missing']]);
  }
});

test('a page of the largest size is within the limits', async () => {
  const queries = [
    `{ groups(first: 80) { edges { cursor node { nodeId ${WHOLE} } } pageInfo { hasNextPage endCursor } asOf } }`,
    '{ groups(first: 100) { nodes { id firstSeen lastSeen } } }',
    '{ group(id: "acme") { members(first: 100) { nodes { id nodeId } pageInfo { endCursor } } } }',
    '{ groups(first: 10) { nodes { id traits members(first: 10) { nodes { id } } } } }',
    '{ user(id: "ada") { groups(first: 500) { id traits firstSeen lastSeen } } }',
    '{ user(id: "ada") { groups(first: 10) { group { traits members(first: 5) { nodes { id } } } } } }',
  ];
  for (const query of queries) expect([query, (await service.ask(query)).codes]).toEqual([query, []]);
});

test.each([
  ['groups(first: 0)', '{ groups(first: 0) { asOf } }'],
  ['groups(first: 101)', '{ groups(first: 101) { asOf } }'],
  ['groups(first: 2147483647)', '{ groups(first: 2147483647) { nodes { members(first: 100) { nodes { id } } } } }'],
  ['members(first: -1)', '{ group(id: "acme") { members(first: -1) { asOf } } }'],
  ['members(first: 101)', '{ group(id: "acme") { members(first: 101) { asOf } } }'],
  ['groups of a user, 501', '{ user(id: "ada") { groups(first: 501) { id } } }'],
])('%s is refused before anything is read', async (_name, query) => {
  const before = counter.reads;
  expect((await service.ask(query)).codes).toEqual(['page_too_large']);
  expect(counter.reads).toBe(before);
});

const nested = (depth: number): string =>
  depth === 0 ? '{ asOf }' : `{ nodes { groups(first: 2) { group { members(first: 2) ${nested(depth - 1)} } } } }`;

test.each([
  ['members of groups of members', `{ groups(first: 3) { nodes { members(first: 3) ${nested(2)} } } }`],
  ['all members of all groups', '{ groups(first: 100) { nodes { members(first: 100) { nodes { id } } } } }'],
  ['all members of the groups of a user', '{ user(id: "ada") { groups { group { members { nodes { id } } } } } }'],
  ['timelines of members', '{ group(id: "a") { members(first: 100) { nodes { events(first: 1) { asOf } } } } }'],
  ['groups of the groups of many users', '{ users(ids: ["a", "b"]) { groups(first: 500) { group { traits } } } }'],
  [
    'aliased members',
    `{ group(id: "a") { ${Array.from({ length: 20 }, (_, at) => `m${at}: members(first: 1) { asOf }`).join(' ')} } }`,
  ],
  [
    'aliased pages of groups',
    `{ ${Array.from({ length: 120 }, (_, at) => `g${at}: groups(first: 1) { asOf }`).join(' ')} }`,
  ],
])('%s: refused before anything is read', async (_name, query) => {
  const before = counter.reads;
  const { data, status, codes } = await service.ask(query);
  expect([data ?? null, status]).toEqual([null, 400]);
  expect(codes).toEqual(['query_too_costly']);
  expect(counter.reads).toBe(before);
});

test('a page that was cheap is refused when its variables make it costly', async () => {
  const query = `query ($groups: Int, $members: Int) {
    groups(first: $groups) { nodes { members(first: $members) { nodes { id } } } } }`;
  expect((await service.ask(query, { groups: 2, members: 2 })).codes).toEqual([]);
  expect((await service.ask(query, { groups: 100, members: 100 })).codes).toEqual(['query_too_costly']);
  expect((await service.ask(query, { groups: 2, members: null })).codes).toEqual([]);
});

test.each(["' or 1=1 --", '"; drop table groups_a; --', '\u0000', '%', '__proto__', '💥\ud800'])(
  '%j finds no group, and is no cursor',
  async (text) => {
    const faults: unknown[] = [];
    const careful = await openService({ index, report: (fault) => faults.push(fault) });
    const query = `query ($id: ID!) { group(id: $id) { ${WHOLE} members { nodes { id } } } }`;
    expect(await careful.ask(query, { id: text })).toMatchObject({
      codes: [],
      data: { group: { traits: {}, firstSeen: null, members: { nodes: [] } } },
    });
    const one = (ask: string) => careful.ask(`query ($text: String) ${ask}`, { text }).then(({ codes }) => codes);
    expect(await one('{ groups(after: $text) { asOf } }')).toEqual(['cursor_invalid']);
    expect(await one('{ group(id: "acme") { members(after: $text) { asOf } } }')).toEqual(['cursor_invalid']);
    expect(faults).toEqual([]);
  },
);
