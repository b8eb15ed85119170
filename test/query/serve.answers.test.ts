import { serverAudits } from 'graphql-http';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { writeRows } from '../../query/index/write.ts';
import { openService, type Service, URL_GRAPHQL } from './serve.support.ts';
import { HOUR_MS, makeRow, openIndex, T0 } from './support.ts';

const DAY_MS = 24 * HOUR_MS;
const WHOLE = `id messageId source type event name userId anonymousId groupId previousId timestamp receivedAt
  properties traits context`;

describe('GraphQL over HTTP', async () => {
  const service = await openService();
  const audits = serverAudits({ url: URL_GRAPHQL, fetchFn: service.fetch });
  test.each(audits.map(({ name, fn }) => ({ name, fn })))('$name', async ({ fn }) => {
    expect((await fn()).status).toBe('ok');
  });
});

describe('a timeline', () => {
  let service: Service;

  beforeAll(async () => {
    service = await openService();
    await writeRows(service.index, [
      makeRow({
        message_id: 'm1',
        name: null,
        anonymous_id: 'device-1',
        group_id: 'g1',
        properties: '{"total":9.5,"tags":["a","b"]}',
        context: '{"locale":"de-DE"}',
        timestamp: T0,
        received_at: T0 + 1_500,
      }),
      makeRow({ message_id: 'm2', type: 'page', name: 'Home', timestamp: T0 + 1, pack_index: 1 }),
      makeRow({
        message_id: 'm3',
        type: 'identify',
        traits: '{"plan":"pro","age":null}',
        timestamp: T0 + DAY_MS,
        pack_index: 2,
      }),
    ]);
  });

  test('gives an event with all it holds, and null for what it lacks', async () => {
    const { data, codes } = await service.ask(`{ user(id: "ann") { events(types: [track]) { nodes { ${WHOLE} } } } }`);
    expect(codes).toEqual([]);
    expect(data).toMatchObject({
      user: {
        events: {
          nodes: [
            {
              messageId: 'm1',
              source: 'web',
              type: 'track',
              event: 'Viewed',
              name: null,
              userId: 'ann',
              anonymousId: 'device-1',
              groupId: 'g1',
              previousId: null,
              timestamp: '2026-01-31T10:00:00.000Z',
              receivedAt: '2026-01-31T10:00:01.500Z',
              properties: { total: 9.5, tags: ['a', 'b'] },
              traits: null,
              context: { locale: 'de-DE' },
            },
          ],
        },
      },
    });
  });

  test('of some sources, with some properties, from the other end', async () => {
    const found = async (filters: string): Promise<unknown> => {
      const { data, codes } = await service.ask(`{ user(id: "ann") { events(${filters}) { nodes { messageId } } } }`);
      expect(codes).toEqual([]);
      return JSON.parse(JSON.stringify(data)).user.events.nodes.map((node: { messageId: string }) => node.messageId);
    };
    expect(await found('order: OLDEST')).toEqual(['m1', 'm2', 'm3']);
    expect(await found('sources: ["web"], order: OLDEST, first: 1')).toEqual(['m1']);
    expect(await found('sources: ["app"]')).toEqual([]);
    expect(await found('where: [{ path: "total", gt: 9, lt: 10 }, { path: ["tags", "1"], equals: "b" }]')).toEqual([
      'm1',
    ]);
    expect(await found('where: { path: "total", exists: false }')).toEqual(['m3', 'm2']);
    expect(await found('where: { path: "total", in: ["9.5", null] }')).toEqual([]);
  });

  test('pages by cursor, with Relay page information', async () => {
    const query = `query ($after: String) { user(id: "ann") { events(first: 2, after: $after) {
      edges { cursor node { messageId } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } asOf } } }`;
    const one = await service.ask(query);
    const cursors = one.data?.user;
    expect(one.data).toMatchObject({
      user: {
        events: {
          edges: [{ node: { messageId: 'm3' } }, { node: { messageId: 'm2' } }],
          pageInfo: { hasNextPage: true, hasPreviousPage: false },
          asOf: '2026-01-31T10:00:00.000Z',
        },
      },
    });
    const after = /"endCursor":"([^"]+)"/.exec(JSON.stringify(cursors))?.[1];
    const two = await service.ask(query, { after });
    expect(two.data).toMatchObject({
      user: {
        events: {
          edges: [{ node: { messageId: 'm1' } }],
          pageInfo: { hasNextPage: false, hasPreviousPage: true },
        },
      },
    });
  });

  test('takes a day as "to" up to its end, and an instant up to just before it', async () => {
    const query = `query ($from: DateTime, $to: DateTime) {
      user(id: "ann") { events(from: $from, to: $to) { nodes { messageId } } } }`;
    const ids = async (variables: Record<string, unknown>): Promise<unknown> =>
      /\[.*\]/.exec(JSON.stringify((await service.ask(query, variables)).data))?.[0];
    expect(await ids({ to: '2026-01-31' })).toBe('[{"messageId":"m2"},{"messageId":"m1"}]');
    expect(await ids({ to: '2026-01-31T10:00:00.001Z' })).toBe('[{"messageId":"m1"}]');
    expect(await ids({ from: '2026-01-31T11:00:00.001+01:00', to: '2026-02-01' })).toBe(
      '[{"messageId":"m3"},{"messageId":"m2"}]',
    );
  });

  test('gives out ids that find their event again', async () => {
    const { data } = await service.ask('{ user(id: "ann") { events(types: [page]) { nodes { id } } } }');
    const id = /"id":"([^"]+)"/.exec(JSON.stringify(data))?.[1];
    expect(await service.ask('query ($id: ID!) { event(id: $id) { messageId name } }', { id })).toMatchObject({
      data: { event: { messageId: 'm2', name: 'Home' } },
    });
  });

  test('has the profile beside it', async () => {
    expect((await service.ask('{ user(id: "ann") { id profile { traits updatedAt } } }')).data).toEqual({
      user: { id: 'ann', profile: { traits: { plan: 'pro', age: null }, updatedAt: '2026-02-01T10:00:00.000Z' } },
    });
    expect((await service.ask('{ user(id: "nobody") { profile { traits updatedAt } } }')).data).toEqual({
      user: { profile: { traits: {}, updatedAt: null } },
    });
  });

  test('answers GET', async () => {
    const query = encodeURIComponent('{ user(id: "ann") { id } }');
    const response = await service.fetch(`${URL_GRAPHQL}?query=${query}`);
    expect(await response.json()).toEqual({ data: { user: { id: 'ann' } } });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe('a report', () => {
  const query = `query ($name: String!, $from: Date!, $to: Date!) {
    reports(name: $name, from: $from, to: $to) { name description grain columns { name type text } rows asOf
      timezone restated { date at because } } }`;

  test('comes with its columns, its rows and as of when', async () => {
    const service = await openService();
    const answer = await service.ask(query, { name: 'events_by_day', from: '2026-01-30', to: '2026-01-31' });
    expect(answer.data).toEqual({
      reports: {
        name: 'events_by_day',
        description: 'Events.',
        grain: 'day and type',
        columns: [{ name: 'date', type: 'date', text: 'The day.' }],
        rows: [['2026-01-30'], ['2026-01-31']],
        asOf: '2026-01-31T10:00:00.000Z',
        timezone: 'Europe/Berlin',
        restated: [{ date: '2026-01-30', at: '2026-01-31T10:00:00.000Z', because: 'events' }],
      },
    });
  });

  test('is in the list of those there are', async () => {
    const service = await openService();
    const { data } = await service.ask('{ reportList { name grain columns { name } } }', {});
    expect(data).toEqual({ reportList: [{ name: 'events_by_day', grain: 'day and type', columns: [] }] });
  });

  test.each([
    [{ name: 'nothing', from: '2026-01-30', to: '2026-01-31' }, 'report_unknown'],
    [{ name: 'events_by_day', from: '2026-01-31', to: '2026-01-30' }, 'date_invalid'],
    [{ name: 'events_by_day', from: '2026-02-30', to: '2026-03-31' }, 'date_invalid'],
    [{ name: 'events_by_day', from: '2026-01-30T10:00:00Z', to: '2026-03-31' }, 'date_invalid'],
  ])('%j is refused as %s', async (variables, code) => {
    expect((await (await openService()).ask(query, variables)).codes).toEqual([code]);
  });
});

describe('an argument that cannot be', () => {
  const events = (args: string): string => `{ user(id: "ann") { events(${args}) { nodes { id } } } }`;

  test.each([
    [events('from: "yesterday"'), 'date_invalid'],
    [events('from: "2026-02-29"'), 'date_invalid'],
    [events('from: "2026-01-31T10:00:00"'), 'date_invalid'],
    [events('from: "2026-01-31T25:00:00Z"'), 'date_invalid'],
    [events('from: 20260131'), 'date_invalid'],
    [events('from: "2026-01-31", to: "2026-01-30"'), 'date_invalid'],
    [events('first: 0'), 'page_too_large'],
    [events('first: -5'), 'page_too_large'],
    [events('first: 1001'), 'page_too_large'],
    [events('after: "rubbish"'), 'cursor_invalid'],
    ['{ event(id: "rubbish") { id } }', 'id_invalid'],
    ['{ event(id: "WyJhIl0") { id } }', 'id_invalid'],
  ])('%s is refused as %s', async (query, code) => {
    expect((await (await openService()).ask(query)).codes).toEqual([code]);
  });
});

describe('a caller', () => {
  test('without a token gets a 401 that says so, readable from any page', async () => {
    const service = await openService();
    const response = await service.fetch(URL_GRAPHQL, { method: 'POST', headers: { authorization: '' } });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'read_token_missing' } }] });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });

  test('may ask before it asks: a preflight needs no token', async () => {
    const service = await openService();
    const response = await service.fetch(URL_GRAPHQL, {
      method: 'OPTIONS',
      headers: {
        authorization: '',
        origin: 'https://shop.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('authorization');
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
  });

  test('with a revoked token is let in no longer than the cache lives', async () => {
    const service = await openService();
    const query = '{ user(id: "ann") { id } }';
    expect((await service.ask(query)).status).toBe(200);
    await service.control.prepare('update read_tokens set revoked_at = ?').bind(T0).run();
    expect((await service.ask(query)).status).toBe(200);
    service.clock.time += 60_000;
    expect(await service.ask(query)).toMatchObject({ status: 401, codes: ['read_token_unknown'] });
  });

  test('with a token that was just made is let in within five seconds', async () => {
    const service = await openService();
    await service.control.prepare('update read_tokens set revoked_at = ?').bind(T0).run();
    expect((await service.ask('{ user(id: "ann") { id } }')).codes).toEqual(['read_token_unknown']);
    await service.control.prepare('update read_tokens set revoked_at = null').run();
    service.clock.time += 5_000;
    expect((await service.ask('{ user(id: "ann") { id } }')).status).toBe(200);
  });

  test('is told to come back when tokens cannot be checked', async () => {
    const service = await openService();
    await service.control.prepare('drop table read_tokens').run();
    const answer = await service.ask('{ user(id: "ann") { id } }');
    expect(answer).toMatchObject({ status: 503, codes: ['authority_away'] });
    expect(answer.headers.get('retry-after')).toBe('5');
  });
});

describe('a failure', () => {
  const reported = vi.fn();
  afterEach(() => reported.mockClear());

  test('of the index is named', async () => {
    const index = openIndex();
    const service = await openService({ index, report: reported });
    index.execute('drop table events_a');
    const answer = await service.ask('{ user(id: "ann") { id events { nodes { id } } } }');
    expect(answer.codes).toEqual(['index_away']);
    expect(JSON.stringify(answer)).not.toContain('no such table');
    expect(reported).toHaveBeenCalledOnce();
  });

  test('of the caller is not reported', async () => {
    const service = await openService({ report: reported });
    expect((await service.ask('{ event(id: "rubbish") { id } }')).codes).toEqual(['id_invalid']);
    expect(reported).not.toHaveBeenCalled();
  });

  test('of ours is not shown', async () => {
    const service = await openService({ report: reported, asOf: () => Promise.reject(new Error('secret text')) });
    const answer = await service.ask('{ user(id: "ann") { events { nodes { id } } } }');
    expect(answer.codes).toEqual(['internal']);
    expect(JSON.stringify(answer)).not.toContain('secret text');
    expect(reported).toHaveBeenCalledOnce();
  });
});
