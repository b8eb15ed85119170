/** What an operator and a service ask beside timelines, by the Worker: it reads the log itself. */
import { beforeAll, describe, expect, it } from 'vitest';
import { deliver, graphql, makeKeys, makePack, migrate } from './worker.ts';

const NOW = Date.now();

async function ask(query: string, variables: object = {}): Promise<unknown> {
  return (await graphql({ query, variables })).json();
}

beforeAll(async () => {
  await migrate();
  await makeKeys();
  const identify = {
    type: 'identify',
    userId: 'ada',
    messageId: 'i1',
    traits: { name: 'Ada', avatar: 'https://a.example' },
  };
  const good = { type: 'track', event: 'Clicked', userId: 'ada', messageId: 'm1' };
  await deliver([makePack(1, [identify, good, { type: 'nonsense', messageId: 'f1' }], NOW - 60_000)]);
  await deliver([makePack(2, [{ type: 'nonsense', messageId: 'f2' }], NOW - 30_000)]);
});

describe('the Worker', () => {
  it('gives out failed events page by page, with what was sent', async () => {
    const query = `query ($after: String) { failedEvents(first: 1, after: $after) {
      nodes { nodeId source code body } pageInfo { hasNextPage endCursor } } }`;
    const one = await ask(query);
    expect(one).toMatchObject({
      data: {
        failedEvents: {
          nodes: [{ source: 'web', code: 'type_unknown', body: '{"type":"nonsense","messageId":"f2"}' }],
          pageInfo: { hasNextPage: true },
        },
      },
    });
    const after = /"endCursor":"([^"]+)"/.exec(JSON.stringify(one))?.[1];
    const two = await ask(query, { after });
    expect(two).toMatchObject({
      data: {
        failedEvents: {
          nodes: [{ body: '{"type":"nonsense","messageId":"f1"}' }],
          pageInfo: { hasNextPage: false },
        },
      },
    });
    const id = /"nodeId":"([^"]+)"/.exec(JSON.stringify(two))?.[1];
    expect(await ask('query ($id: ID!) { node(id: $id) { ... on FailedEvent { code } } }', { id })).toEqual({
      data: { node: { code: 'type_unknown' } },
    });
  });

  it('gives out users with who they are, each read once', async () => {
    expect(await ask('{ users(ids: ["ada", "ada", "bob"]) { id profile { name avatar lastSeen } } }')).toMatchObject({
      data: {
        users: [
          { id: 'ada', profile: { name: 'Ada', avatar: 'https://a.example', lastSeen: expect.any(String) } },
          { id: 'ada', profile: { name: 'Ada' } },
          { id: 'bob', profile: { name: null, lastSeen: null } },
        ],
      },
    });
  });

  it('says who may send, and how far everything has come', async () => {
    const answer = await ask(`{ sources { name lastSeen keys { kind createdAt revokedAt } }
      status { asOf queue { packs bytes oldest } lake { snapshot asOf rows files pendingSegments pendingBytes } } }`);
    expect(answer).toMatchObject({
      data: {
        sources: [
          {
            name: 'web',
            lastSeen: new Date(NOW - 60_000).toISOString(),
            keys: [{ kind: 'public', createdAt: expect.any(String), revokedAt: null }],
          },
        ],
        status: {
          asOf: expect.any(String),
          queue: { packs: 0, oldest: null },
          lake: { snapshot: 0, asOf: null, rows: 0, files: 0, pendingSegments: 2, pendingBytes: expect.any(Number) },
        },
      },
    });
    expect(JSON.stringify(answer)).not.toContain('wk_test');
  });
});
