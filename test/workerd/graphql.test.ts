import { exports } from 'cloudflare:workers';
import { serverAudits } from 'graphql-http';
import { beforeAll, describe, expect, it } from 'vitest';
import { graphql, makeKeys, migrate, READ_TOKEN, URL_BASE } from './worker.ts';

beforeAll(async () => {
  await migrate();
  await makeKeys();
});

describe('GraphQL over HTTP, by the Worker', () => {
  const audits = serverAudits({
    url: `${URL_BASE}/graphql`,
    fetchFn: (url: string, init: RequestInit = {}) =>
      exports.default.fetch(
        new Request(url, {
          ...init,
          headers: { authorization: `Bearer ${READ_TOKEN}`, ...Object.fromEntries(new Headers(init.headers)) },
        }),
      ),
  });

  it.each(audits.map(({ name, fn }) => ({ name, fn })))('$name', async ({ fn }) => {
    expect((await fn()).status).toBe('ok');
  });
});

describe('without a good read token', () => {
  const query = { query: '{ user(id: "ada") { id } }' };

  it.each([
    ['an unknown token', 'Bearer nobody', 'read_token_unknown'],
    ['no token', '', 'read_token_missing'],
    ['a token in another scheme', `Basic ${btoa(`${READ_TOKEN}:`)}`, 'read_token_missing'],
  ])('%s is a 401', async (_, authorization, code) => {
    const response = await graphql(query, { authorization });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code } }] });
  });

  it('a good token is let in', async () => {
    expect(await (await graphql(query)).json()).toEqual({ data: { user: { id: 'ada' } } });
  });
});
