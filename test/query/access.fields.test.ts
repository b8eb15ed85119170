import { buildSchema, getNamedType, isObjectType, isScalarType } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { MASKS, SCOPE_OF_TYPE } from '../../query/access/fields.ts';
import { MASKED } from '../../query/access/personal.ts';
import { writeRows } from '../../query/index/write.ts';
import sdl from '../../schemas/graphql/schema.graphql';
import { SCOPES, type Scope } from '../../schemas/scopes.ts';
import { openService, type Service } from './serve.support.ts';
import { makeRow, openIndex, T0 } from './support.ts';

/** Text and JSON that no reader needs `personal_data` for. Ids are shown: they are what is asked by. */
const PLAIN: Readonly<Record<string, readonly string[]>> = {
  User: ['nodeId', 'id'],
  Event: ['nodeId', 'id', 'messageId', 'source', 'userId', 'anonymousId', 'groupId', 'previousId'],
  Membership: ['id'],
  Group: ['nodeId', 'id'],
  GroupEdge: ['cursor'],
  UserEdge: ['cursor'],
  Product: ['id', 'name', 'category'],
  ProductEdge: ['cursor'],
  Sale: ['orderId'],
  EventEdge: ['cursor'],
  FailedEventEdge: ['cursor'],
  FailedEvent: ['nodeId', 'id', 'source', 'code', 'message', 'sha256'],
  PageInfo: ['startCursor', 'endCursor'],
  Source: ['name'],
  Report: ['name', 'description', 'grain', 'rows', 'timezone'],
  ReportHeader: ['name', 'description', 'grain', 'sums'],
  ReportColumn: ['name', 'type', 'text'],
  Restatement: ['because'],
};
const schema = buildSchema(sdl);
const roots = [schema.getQueryType(), schema.getSubscriptionType()];

describe('every field is decided on', () => {
  test('text and JSON: masked, or plain by name', () => {
    const undecided = Object.values(schema.getTypeMap())
      .filter(isObjectType)
      .filter(({ name }) => !name.startsWith('__') && !roots.some((root) => root?.name === name))
      .flatMap((type) =>
        Object.values(type.getFields())
          .filter(({ type: given }) => {
            const named = getNamedType(given);
            return isScalarType(named) && ['String', 'ID', 'JSON'].includes(named.name);
          })
          .filter(
            (field) => !PLAIN[type.name]?.includes(field.name) && MASKS[`${type.name}.${field.name}`] === undefined,
          )
          .map((field) => `${type.name}.${field.name}`),
      );
    expect(undecided).toEqual([]);
  });

  test('what is masked is in the schema', () => {
    const missing = Object.keys(MASKS).filter((name) => {
      const [typeName = '', field = ''] = name.split('.');
      const type = schema.getType(typeName);
      return !isObjectType(type) || type.getFields()[field] === undefined;
    });
    expect(missing).toEqual([]);
  });

  test('what can be asked for first: its type has a scope', () => {
    const undecided = roots
      .flatMap((root) => Object.values(root?.getFields() ?? {}))
      .map(({ type }) => getNamedType(type).name)
      .filter((name) => name !== 'Node' && SCOPE_OF_TYPE[name] === undefined);
    expect(undecided).toEqual([]);
  });
});

async function open(scopes: readonly Scope[], service?: Service): Promise<Service> {
  return openService(service === undefined ? {} : { index: service.index }, {}, scopes);
}

describe('a scope', () => {
  const ASKS: readonly (readonly [Scope, string])[] = [
    ['timeline', '{ user(id: "ann") { id } }'],
    ['timeline', '{ users(ids: ["ann"]) { id } }'],
    ['timeline', '{ event(id: "x") { id } }'],
    ['timeline', '{ group(id: "acme") { id } }'],
    ['timeline', '{ groups { nodes { id } } }'],
    ['admin', '{ sources { name lastSeen } }'],
    ['reports', '{ reportList { name } }'],
    ['reports', '{ reports(name: "events_by_day", from: "2026-01-01", to: "2026-01-02") { rows } }'],
    ['failed_events', '{ failedEvents { asOf } }'],
    ['admin', '{ sources { name } }'],
    ['admin', '{ status { asOf } }'],
  ];

  test.each(ASKS)('%s is what %s needs, and no other helps', async (scope, query) => {
    const others = await open(SCOPES.filter((other) => other !== scope));
    const refused = await others.ask(query);
    expect(refused).toMatchObject({ codes: ['scope_missing'], status: 403 });
    expect(refused.messages[0]).toContain(scope);
    expect((await (await open([scope])).ask(query)).codes).not.toContain('scope_missing');
  });

  test('is asked for through node, fragments and aliases as well', async () => {
    const all = await open(SCOPES);
    const { data } = await all.ask('{ user(id: "ann") { nodeId } }');
    const id = JSON.stringify(Reflect.get(Object(data?.user), 'nodeId'));
    const reports = await open(['reports']);
    expect((await reports.ask(`{ a: node(id: ${id}) { nodeId } }`)).codes).toEqual(['scope_missing']);
    expect((await reports.ask('{ ...f } fragment f on Query { a: user(id: "ann") { id } }')).codes).toEqual([
      'scope_missing',
    ]);
    expect((await (await open(['timeline'])).ask(`{ node(id: ${id}) { nodeId } }`)).codes).toEqual([]);
  });

  test('that nobody knows gives nothing, and no scope at all neither', async () => {
    const service = await open([]);
    await service.control.prepare(`update read_tokens set scopes = 'timelines everything'`).run();
    expect((await service.ask('{ user(id: "ann") { id } }')).codes).toEqual(['scope_missing']);
    expect((await service.ask('{ __typename }')).codes).toEqual([]);
  });
});

describe('without personal_data', () => {
  const index = openIndex();
  let seen: Service;
  let masked: Service;

  beforeAll(async () => {
    seen = await openService({ index }, {}, SCOPES);
    masked = await openService({ index }, {}, ['timeline']);
    await writeRows(index, [
      makeRow({
        message_id: 'm1',
        type: 'identify',
        traits: '{"name":"Ada","email":"ada@example.com","avatar":"https://x.example/a.png","plan":"pro"}',
        context: '{"ip":"203.0.113.9","locale":"de"}',
      }),
      makeRow({
        message_id: 'm2',
        timestamp: T0 + 1,
        pack_index: 1,
        properties: '{"email":"ada@example.com","note":"ada@example.com","host":"203.0.113.9","total":5}',
      }),
    ]);
  });

  test('values come masked in timelines and profiles, and as sent with it', async () => {
    const query = `{ user(id: "ann") { profile { name avatar traits } events { nodes { properties traits context } } } }`;
    const open = JSON.stringify((await seen.ask(query)).data);
    const hidden = JSON.stringify((await masked.ask(query)).data);
    for (const personal of ['Ada', 'ada@example.com', 'a.png', '203.0.113.9']) {
      expect(open).toContain(personal);
      expect(hidden).not.toContain(personal);
    }
    for (const plain of ['"plan":"pro"', '"locale":"de"', '"total":5', MASKED]) expect(hidden).toContain(plain);
  });

  const ids = async (service: Service, where: object): Promise<unknown> => {
    const query =
      'query ($where: [PropertyFilter!]) { user(id: "ann") { events(where: $where) { nodes { messageId } } } }';
    const { data, codes } = await service.ask(query, { where: [where] });
    return codes.length > 0 ? codes : JSON.stringify(data).match(/m\d/g);
  };

  test.each([
    { path: ['email'], equals: 'ada@example.com' },
    { path: ['email'], exists: true },
    { path: ['user', 'phone', '0'], gt: '' },
    { path: ['ada@example.com'], exists: true },
  ])('a filter under a personal name is refused: %j', async (where) => {
    expect(await ids(masked, where)).toEqual(['scope_missing']);
    expect(await ids(seen, where)).not.toEqual(['scope_missing']);
  });

  test.each([
    { path: ['note'], equals: 'ada@example.com' },
    { path: ['note'], in: ['ada@example.com'] },
    { path: ['note'], gt: 'ada', lt: 'adb' },
    { path: ['host'], gt: '203.', lt: '204.' },
  ])('a filter on what is masked does not tell what it is: %j', async (where) => {
    expect(await ids(seen, where)).toEqual(['m2']);
    expect(await ids(masked, where)).toBeNull();
  });

  test('other filters find what they find', async () => {
    for (const where of [
      { path: ['total'], gt: 4 },
      { path: ['note'], exists: true },
    ]) {
      expect(await ids(masked, where)).toEqual(['m2']);
    }
  });

  test('the body of a failed event is masked', async () => {
    const event = { receivedAt: T0, packId: 'p', packIndex: 0, source: 'web', code: 'event_too_large' };
    const body = '{"email":"ada@example.com","event":"X"}';
    const readFailedEvents = async () => ({ events: [{ ...event, body, bytes: 9, sha256: null }], next: null });
    const ask = async (scopes: readonly Scope[]): Promise<string> => {
      const service = await openService({ readFailedEvents }, {}, scopes);
      return JSON.stringify((await service.ask('{ failedEvents { nodes { body } } }')).data);
    };
    expect(await ask(SCOPES)).toContain('ada@example.com');
    const hidden = await ask(['failed_events']);
    expect(hidden).not.toContain('ada@');
    expect(hidden).toContain('event');
  });
});
