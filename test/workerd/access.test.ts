import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { createReadToken } from '../../platform/app/read-tokens.ts';
import { systemClock, systemRandom } from '../../platform/cloudflare/system.ts';
import { MASKED } from '../../query/access/personal.ts';
import { deliver, graphql, makeKeys, makePack, migrate } from './worker.ts';

const MASKED_TOKEN = 'rt_masked';
const QUERY = {
  query: 'query Look { user(id: "ada") { profile { traits } events { nodes { traits } } } }',
};

beforeAll(async () => {
  await migrate();
  await makeKeys();
  const ports = { control: env.CONTROL, clock: systemClock, random: systemRandom };
  await createReadToken(ports, { name: 'masked', preset: MASKED_TOKEN, scopes: ['timeline'] });
  await createReadToken(ports, { name: 'limited', preset: 'rt_limited', requests_per_second: 1 });
  const identify = {
    type: 'identify',
    userId: 'ada',
    messageId: 'm1',
    traits: { email: 'ada@example.com', plan: 'pro' },
  };
  await deliver([makePack(1, [identify])]);
});

async function ask(body: object, token?: string): Promise<{ status: number; text: string }> {
  const response = await graphql(body, token === undefined ? {} : { authorization: `Bearer ${token}` });
  return { status: response.status, text: await response.text() };
}

describe('access, in the Worker', () => {
  it('personal data is shown to who may see it, and masked for others', async () => {
    expect((await ask(QUERY)).text).toContain('ada@example.com');
    const { text } = await ask(QUERY, MASKED_TOKEN);
    expect(text).not.toContain('ada@');
    expect(text).toContain(MASKED);
    expect(text).toContain('"plan":"pro"');
  });

  it('a scope that is missing is refused', async () => {
    expect((await ask({ query: '{ reportList { name } }' }, MASKED_TOKEN)).text).toContain('"code":"scope_missing"');
  });

  it('who read whose timeline is a line of the log, without the token', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    await ask(QUERY, MASKED_TOKEN);
    const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)));
    log.mockRestore();
    expect(lines).toMatchObject([
      { audit: { name: 'masked', operation: 'Look', users: ['ada'], events: 1, personal_data: false } },
    ]);
    expect(JSON.stringify(lines)).not.toContain(MASKED_TOKEN);
  });

  it('a token with a limit gets 429 beyond it', async () => {
    const statuses = [];
    for (let times = 0; times < 4; times += 1)
      statuses.push((await ask({ query: '{ __typename }' }, 'rt_limited')).status);
    expect(statuses).toContain(429);
  });
});
