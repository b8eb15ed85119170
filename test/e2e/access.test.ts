/** Reading, over the socket of a real server: the audit of the protocol, tokens, the log of readers, the page for browsers. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../schemas/event.ts';
import { askGraphql, sendBatch, waitUntilDrained } from '../support/client.ts';
import { type RunningInlet, runInlet, startInlet, temporaryFolder } from '../support/inlet.ts';
import { ROOT } from '../tidy/source.ts';
import { CHROMIUM, openPage, REASON } from './chromium.ts';

const folder = temporaryFolder('access');
let inlet: RunningInlet;

beforeAll(async () => {
  inlet = await startInlet({ dataDir: folder.path, env: { INLET_CENTRAL: 'off' } });
  await sendBatch(inlet, eventsOfAda());
  await waitUntilDrained(inlet);
}, 40_000);
afterAll(async () => {
  await inlet.kill().catch(() => {});
  folder.remove();
});

function eventsOfAda(): object[] {
  const order = (number: number) => ({
    ...{ type: 'track', event: 'Order Completed', userId: 'ada', messageId: `order-${number}` },
    properties: { total: number, products: [{ product_id: `p${number}`, price: number }] },
  });
  return [
    {
      type: 'identify',
      userId: 'ada',
      messageId: 'i1',
      traits: { name: 'Ada', email: 'ada@example.com', plan: 'free' },
    },
    { type: 'identify', userId: 'ada', messageId: 'i2', traits: { plan: 'pro', avatar: 'https://x.example/a.png' } },
    ...Array.from({ length: 12 }, (_, number) => order(number)),
    order(3),
    { type: 'page', anonymousId: 'b0', name: 'Home', messageId: 'p1' },
    { type: 'group', userId: 'bob', groupId: 'acme', messageId: 'g1', traits: { name: 'Acme' } },
    { type: 'track', event: 'Too much', userId: 'ada', messageId: 'large', properties: { text: 'x'.repeat(40_000) } },
    { type: 'nothing', userId: 'ada', messageId: 'n1' },
  ];
}

async function runJson(...words: string[]): Promise<JsonObject> {
  const { code, stdout, stderr } = await runInlet(folder.path, [...words, '--json']);
  expect([code, stderr]).toEqual([0, '']);
  const value: unknown = JSON.parse(stdout);
  if (!isJsonObject(value)) throw new Error(`not an object: ${stdout}`);
  return value;
}

const audits = serverAudits({
  url: () => `${inlet.url}/graphql`,
  fetchFn: (url: string, init: RequestInit = {}) =>
    fetch(url, {
      ...init,
      headers: { authorization: `Bearer ${inlet.readToken}`, ...Object.fromEntries(new Headers(init.headers)) },
    }),
});

describe('GraphQL over HTTP, over a socket', () => {
  it.each(audits.map(({ name, fn }) => ({ name, fn })))('$name', async ({ fn }) => {
    expect((await fn()).status).toBe('ok');
  });

  it('that was all of the audit', () => {
    expect(audits).toHaveLength(61);
  });
});

describe('read tokens', () => {
  const QUERY = 'query Who { user(id: "ada") { profile { name } events(first: 2) { nodes { type } } } }';

  it('one made by the command is masked by default, and rotated it goes on under another text', async () => {
    const { readToken } = await runJson('keys', 'create', '--read', 'dash');
    const ask = (token: unknown) => askGraphql({ url: inlet.url, readToken: String(token) }, QUERY);
    expect(await ask(readToken)).toMatchObject({ user: { profile: { name: '[masked]' } } });
    const rotated = await runJson('keys', 'rotate', String(readToken), '--overlap-hours', '1');
    expect(await ask(rotated.readToken)).toEqual(await ask(readToken));
    const { stdout } = await runInlet(folder.path, ['keys', 'list']);
    expect(stdout).toMatch(/read token "dash" {2}id [\da-f]{12} {2}….{4} {2}timeline,reports {2}expires 20/);
    expect(stdout).toContain(`…${String(rotated.readToken).slice(-4)}`);
  });

  it.each([
    ['--scope', 'timeline,everything'],
    ['--expires-days', '0'],
    ['--requests-per-second', 'many'],
  ])('%s %s is refused', async (option, value) => {
    const { code, stderr } = await runInlet(folder.path, ['keys', 'create', '--read', 'x', option, value]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(option)]);
  });

  it('who read whose timeline is in the data folder within two seconds; what warmed the server up is not', async () => {
    await askGraphql(inlet, 'query Mark { user(id: "ada") { events(first: 2) { nodes { type } } } }');
    const audit = join(folder.path, 'audit');
    const read = (): JsonObject[] =>
      readdirSync(audit).flatMap((name) =>
        readFileSync(join(audit, name), 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)),
      );
    const deadline = Date.now() + 5_000;
    while (!read().some(({ operation }) => operation === 'Mark') && Date.now() < deadline) await Bun.sleep(100);
    const lines = read();
    const [first, line] = [lines[0], lines.findLast(({ operation }) => operation === 'Mark')];
    expect(first).not.toMatchObject({ users: [''] });
    expect(line).toMatchObject({ name: 'local', users: ['ada'], fields: ['events'], events: 2, personal_data: true });
    expect(JSON.stringify(lines)).not.toContain(inlet.readToken);
    expect(lines.length).toBeLessThan(50);
  });
});

describe('GraphiQL', () => {
  const page = () => fetch(`${inlet.url}/graphql`, { headers: { accept: 'text/html' } });

  it('is for browsers only, needs no token, and may load nothing from elsewhere', async () => {
    const response = await page();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
    expect(await response.text()).not.toMatch(/<(?:script|link)[^>]+(?:src|href)="https?:/);
    expect((await fetch(`${inlet.url}/graphql`, { headers: { accept: 'application/json' } })).status).toBe(401);
  });

  it.skipIf(CHROMIUM === null)(`comes up in a browser without a network${REASON}`, async () => {
    const dom = await openPage(`${inlet.url}/graphql`, join(folder.path, 'chromium'));
    expect(dom).toContain('graphiql-container');
    expect(dom).toContain('graphiql-editors');
    expect(dom).not.toContain('unpkg.com');
  });
});

describe('a rebuild', () => {
  const queries = join(ROOT, 'test/e2e/queries');
  const names = readdirSync(queries).filter((name) => name.endsWith('.graphql'));

  /** As they came over the wire. Nothing in them tells of now: no `asOf`, and no cursors, which hold that of page one. */
  async function answers(): Promise<string[]> {
    return Promise.all(
      names.map(async (name) => {
        const response = await fetch(`${inlet.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${inlet.readToken}` },
          body: JSON.stringify({ query: readFileSync(join(queries, name), 'utf8') }),
        });
        return `${name}: ${await response.text()}`;
      }),
    );
  }

  it.each(['from segments', 'from the table'])(
    '%s changes no answer of the recorded queries',
    { timeout: 30_000 },
    async (from) => {
      if (from === 'from the table') expect((await runInlet(folder.path, ['compact'])).code).toBe(0);
      const before = await answers();
      for (const answer of before) expect(answer).toContain('{"data":');
      expect(before.join('')).toContain('Order Completed');
      expect(before.join('')).toContain('event_too_large');
      const { code, stdout } = await runInlet(folder.path, ['rebuild']);
      expect([code, stdout]).toEqual([0, expect.stringMatching(/Rebuilt from (?:1[4-9]|2\d) stored events/)]);
      const after = await answers();
      expect(names.filter((_, at) => after[at] !== before[at])).toEqual([]);
    },
  );
});
