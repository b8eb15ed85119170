/** What can be asked beside one timeline: users, nodes, profiles, reports that are added up, failed events. */
import { beforeAll, describe, expect, test } from 'vitest';
import { writeRows } from '../../query/index/write.ts';
import type { FailedEvent, FailedQuery, Report } from '../../query/serve/services.ts';
import { openService, type Service } from './serve.support.ts';
import { HOUR_MS, makeRow, openIndex, pack, T0, watched } from './support.ts';

const ADA = { name: 'Ada Lovelace', avatar: 'https://pictures.example/ada.png', plan: 'pro' };

/** What a path leads to: 'user.events.nodes.0.id'. */
function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, name) => Object(inner)[name], value);
}

describe('users', () => {
  let service: Service;
  const index = openIndex();
  const { database, counter } = watched(index);

  beforeAll(async () => {
    service = await openService({ index: database });
    await writeRows(index, [
      makeRow({ user_key: 'ada', message_id: 'a1', type: 'identify', traits: JSON.stringify(ADA) }),
      makeRow({ user_key: 'ada', message_id: 'a2', timestamp: T0 + HOUR_MS, pack_index: 1 }),
      makeRow({ user_key: 'bob', message_id: 'b1', type: 'identify', traits: '{"firstName":"Bob","lastName":"Moog"}' }),
    ]);
  });

  test('come in the order of their ids, one without events as well', async () => {
    const { data, codes } = await service.ask(
      '{ users(ids: ["bob", "nobody", "ada"]) { id profile { name avatar firstSeen lastSeen } } }',
    );
    expect(codes).toEqual([]);
    const seen = new Date(T0).toISOString();
    const later = new Date(T0 + HOUR_MS).toISOString();
    expect(data).toEqual({
      users: [
        { id: 'bob', profile: { name: 'Bob Moog', avatar: null, firstSeen: seen, lastSeen: seen } },
        { id: 'nobody', profile: { name: null, avatar: null, firstSeen: null, lastSeen: null } },
        { id: 'ada', profile: { name: ADA.name, avatar: ADA.avatar, firstSeen: seen, lastSeen: later } },
      ],
    });
  });

  test('are read once, however often and wherever a request asks for them', async () => {
    const readsOf = async (query: string): Promise<number> => {
      const before = counter.reads;
      expect((await service.ask(query)).codes).toEqual([]);
      return counter.reads - before;
    };
    const once = await readsOf('{ user(id: "ada") { profile { name } } }');
    const often = Array.from({ length: 20 }, (_, i) => `u${i}: user(id: "ada") { profile { name avatar traits } }`);
    expect(await readsOf(`{ ${often.join(' ')} }`)).toBe(once);
    const page = await readsOf('{ user(id: "ada") { events { nodes { id } } } }');
    expect(await readsOf('{ user(id: "ada") { events { nodes { user { profile { name } } } } } }')).toBe(page + once);
    // The next request reads anew.
    expect(await readsOf('{ user(id: "ada") { profile { name } } }')).toBe(once);
  });

  test('are at most a hundred', async () => {
    const ids = Array.from({ length: 101 }, (_, i) => `u${i}`);
    const { codes } = await service.ask('query ($ids: [ID!]!) { users(ids: $ids) { id } }', { ids });
    expect(codes).toEqual(['query_too_costly']);
  });

  test('cost what their number says, whatever came before', async () => {
    const query = 'query ($ids: [ID!]!) { users(ids: $ids) { events(first: 400) { nodes { id properties } } } }';
    expect((await service.ask(query, { ids: ['ada'] })).codes).toEqual([]);
    const ids = Array.from({ length: 100 }, (_, i) => `u${i}`);
    expect(await service.ask(query, { ids })).toMatchObject({ status: 400, codes: ['query_too_costly'] });
  });

  test('cost what the default of a variable says, though null came before', async () => {
    const query = `query ($n: Int = 1000) { user(id: "ada") {
      ${Array.from({ length: 5 }, (_, i) => `e${i}: events(first: $n) { nodes { id properties traits context } }`).join(' ')} } }`;
    expect((await service.ask(query, { n: null })).codes).toEqual([]);
    expect(await service.ask(query)).toMatchObject({ status: 400, codes: ['query_too_costly'] });
  });

  test('and events are found again by their node id', async () => {
    const { data } = await service.ask('{ user(id: "ada") { nodeId events(first: 1) { nodes { nodeId } } } }');
    const ask =
      'query ($id: ID!) { node(id: $id) { __typename nodeId ... on User { id } ... on Event { messageId } } }';
    const user = at(data, 'user.nodeId');
    expect((await service.ask(ask, { id: user })).data).toEqual({
      node: { __typename: 'User', nodeId: user, id: 'ada' },
    });
    const event = at(data, 'user.events.nodes.0.nodeId');
    expect((await service.ask(ask, { id: event })).data).toEqual({
      node: { __typename: 'Event', nodeId: event, messageId: 'a2' },
    });
  });

  test.each(['rubbish', 'WyJVc2VyIl0', 'WyJWb2lkIiwiYSJd'])('%s is no node id', async (id) => {
    expect((await service.ask('query ($id: ID!) { node(id: $id) { nodeId } }', { id })).codes).toEqual(['id_invalid']);
  });
});

describe('a report, grouped', () => {
  const column = (name: string, type = 'integer') => ({ name, type, text: `The ${name}.` });
  const stored: Report = {
    name: 'groups',
    description: 'Groups.',
    grain: 'one row a day and group',
    columns: [column('date', 'date'), column('group', 'string'), column('events'), column('users'), column('revenue')],
    sums: ['events', 'revenue'],
    rows: [
      ['2026-01-30', 'acme', 2, 1, 9.5],
      ['2026-01-30', null, 1, 1, 0],
      ['2026-01-31', 'acme', 3, 2, 0.5],
    ],
    asOf: T0,
    timezone: 'UTC',
    restated: [],
  };
  const ask = async (groupBy: unknown, report = stored) => {
    const service = await openService({ readReport: async () => report });
    return service.ask(
      `query ($groupBy: [String!]) {
        reports(name: "groups", from: "2026-01-30", to: "2026-01-31", groupBy: $groupBy) { grain columns { name } rows } }`,
      { groupBy },
    );
  };

  test('adds up what may be added up, and leaves out the rest', async () => {
    expect((await ask(['group'])).data).toEqual({
      reports: {
        grain: 'one row for each group',
        columns: [{ name: 'group' }, { name: 'events' }, { name: 'revenue' }],
        rows: [
          ['acme', 5, 10],
          [null, 1, 0],
        ],
      },
    });
    expect((await ask([])).data).toMatchObject({ reports: { grain: 'one row', rows: [[6, 10]] } });
    expect((await ask(null)).data).toMatchObject({ reports: { rows: stored.rows } });
  });

  test.each([
    ['a column that there is not', ['color'], stored],
    ['a column that is added up', ['events'], stored],
    ['a column twice', ['date', 'date'], stored],
    ['a report of users only', ['date'], { ...stored, sums: [] }],
  ])('%s is refused', async (_, groupBy, report) => {
    const { codes, messages } = await ask(groupBy, report);
    expect(codes).toEqual(['parameter_invalid']);
    expect(messages[0]).toContain('groups');
  });
});

describe('failed events', () => {
  const failed = (index: number): FailedEvent => ({
    ...{ receivedAt: T0 - index, packId: pack(index), packIndex: 0, source: 'web' },
    ...{ code: 'type_missing', body: `{"n":${index}}`, bytes: 7, sha256: null },
  });
  const all = Array.from({ length: 5 }, (_, index) => failed(index));

  async function open() {
    const asked: FailedQuery[] = [];
    const service = await openService({
      readFailedEvents: async (query) => {
        asked.push(query);
        const { after } = query;
        const rest = all.filter(({ receivedAt, packIndex }) =>
          after === null
            ? true
            : receivedAt < after.receivedAt || (receivedAt === after.receivedAt && packIndex < after.packIndex),
        );
        const events = rest.slice(0, query.first);
        return { events, next: rest.length > events.length ? (events.at(-1) ?? null) : null };
      },
    });
    return { service, asked };
  }

  const QUERY = `query ($after: String, $codes: [String!]) { failedEvents(first: 2, after: $after, codes: $codes) {
    nodes { nodeId id source code message receivedAt body bytes sha256 } edges { cursor } pageInfo { hasNextPage
    hasPreviousPage endCursor } asOf } }`;

  test('come with why and with what was sent, page by page, over one stretch of time', async () => {
    const { service, asked } = await open();
    const bodies: unknown[] = [];
    let after: unknown = null;
    for (let page = 0; page < 3; page += 1) {
      const { data, codes } = await service.ask(QUERY, { after });
      expect(codes).toEqual([]);
      expect(at(data, 'failedEvents.nodes.0')).toMatchObject({ code: 'type_missing', message: expect.any(String) });
      expect(at(data, 'failedEvents.pageInfo.hasNextPage')).toBe(page < 2);
      const { nodes } = Object(at(data, 'failedEvents'));
      bodies.push(...nodes.map(({ body }: FailedEvent) => body));
      after = at(data, 'failedEvents.pageInfo.endCursor');
      // Time goes on: what later pages look at does not.
      service.clock.time += HOUR_MS;
    }
    expect(bodies).toEqual(all.map(({ body }) => body));
    expect(asked.map(({ from, to }) => [from, to])).toEqual(asked.map(() => [T0 + 1 - 7 * 24 * HOUR_MS, T0 + 1]));
  });

  test('a cursor fits the filters that it was given out for, and no others', async () => {
    const { service } = await open();
    const after = at((await service.ask(QUERY)).data, 'failedEvents.pageInfo.endCursor');
    expect((await service.ask(QUERY, { after, codes: ['type_missing'] })).codes).toEqual(['cursor_invalid']);
  });

  test('one is found again by its node id', async () => {
    const { service } = await open();
    const id = at((await service.ask(QUERY)).data, 'failedEvents.nodes.1.nodeId');
    const { data } = await service.ask('query ($id: ID!) { node(id: $id) { ... on FailedEvent { body } } }', { id });
    expect(data).toEqual({ node: { body: '{"n":1}' } });
  });

  test.each([
    ['first: 0', 'page_too_large'],
    ['first: 101', 'page_too_large'],
    ['from: "2026-01-31", to: "2026-01-30"', 'date_invalid'],
    ['from: "2026-01-01", to: "2026-02-28"', 'date_invalid'],
    ['after: "rubbish"', 'cursor_invalid'],
  ])('%s is refused as %s', async (args, code) => {
    const { service } = await open();
    expect((await service.ask(`{ failedEvents(${args}) { asOf } }`)).codes).toEqual([code]);
  });
});
