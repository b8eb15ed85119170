/** The recipes of the page on queries, run as they stand against a real Inlet. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient, InletQueryError } from '../../query/client.ts';
import { waitUntilDrained } from '../support/client.ts';
import { type RunningInlet, runInlet, startInlet, temporaryFolder } from '../support/inlet.ts';
import { ROOT } from '../tidy/source.ts';
import { codeBlocks, readDocument } from './documents.ts';

const folder = temporaryFolder('queries');
const page = readDocument('docs/queries.md');
let inlet: RunningInlet;

const shoe = { product_id: 'p1', name: 'Shoe', category: 'Shoes' };
const EVENTS = [
  { type: 'identify', userId: '1111', traits: { name: 'Ada', avatar: 'https://a.example/ada.png' } },
  { type: 'track', userId: '1111', event: 'Product Viewed', properties: { ...shoe, price: 80 } },
  { type: 'track', userId: '1111', event: 'Message Sent', properties: { product_id: 'p1', text: 'Is it warm?' } },
  {
    ...{ type: 'track', userId: '1111', event: 'Order Completed' },
    properties: { order_id: 'o1', total: 160, products: [{ ...shoe, price: 80, quantity: 2 }] },
  },
  { type: 'page', userId: '1111', name: 'Thanks' },
  { type: 'group', userId: '1111', groupId: 'acme', traits: { plan: 'free' } },
  { type: 'group', userId: '3333', groupId: 'acme', traits: { plan: 'pro' } },
].map((event, index) => ({ ...event, messageId: `q${index}`, timestamp: `2026-01-20T10:0${index}:00.000Z` }));

async function post(path: string, key: string, body: object): Promise<number> {
  const headers = { 'content-type': 'application/json', authorization: `Basic ${btoa(`${key}:`)}` };
  return (await fetch(`${inlet.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).status;
}

beforeAll(async () => {
  inlet = await startInlet({ dataDir: folder.path, env: { INLET_CENTRAL: 'off' } });
  const made = await runInlet(folder.path, ['keys', 'create', '--source', 'shop', '--secret', '--json']);
  const { writeKey } = JSON.parse(made.stdout);
  // Old events need a secret key.
  expect(await post('/v1/import', String(writeKey), { batch: EVENTS })).toBe(200);
  expect(await post('/v1/batch', inlet.writeKey, { batch: [{ type: 'nonsense' }, EVENTS[0]] })).toBe(200);
  await waitUntilDrained(inlet);
  expect((await runInlet(folder.path, ['compact'])).code).toBe(0);
}, 60_000);
afterAll(async () => {
  await inlet.stop();
  folder.remove();
});

/** @param words the program, which is then given the text */
async function run(words: readonly string[], text: string): Promise<string> {
  const child = Bun.spawn([...words, text], {
    cwd: ROOT,
    env: { ...process.env, URL: inlet.url, TOKEN: inlet.readToken },
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
}

const RECIPES: readonly (readonly [string, readonly string[]])[] = [
  ['1', ['"event":"Order Completed"', '"name":"Thanks"', '"asOf"']],
  ['2', ['2026-01-20T10:00:00.000Z identify', '2026-01-20T10:03:00.000Z Order Completed', ' page']],
  ['3', ['"total":160']],
  ['4', ['"name":"Ada"', '"views":1', 'Is it warm?', '"sale":{"price":80,"quantity":2,']],
  ['5', ['1111 Ada last seen 20', '2222 unknown last seen never']],
  ['6', ['["2026-01-20","track","Order Completed","(all)",1,1]']],
  ['7', ['Shoes: 160']],
  ['8', ['"code":"type_unknown"', 'nonsense', '"hasNextPage":false']],
  ['9', ['ada Clicked']],
  ['10', ['"name":"shop"', '"lastSeen":"20', '"kind":"secret"', '"snapshot":1', '"pendingSegments":']],
  ['11', ['"totalCount":7,"totalCountIsExact":true', '{"type":"track","count":3}']],
  ['12', ['acme pro last seen 2026-01-20T10:06:00.000Z', '  Ada', '  3333']],
];

it.each(RECIPES)('recipe %s answers what it says', async (number, expected) => {
  const text = page.text.split('\n## ').find((section) => section.startsWith(`${number}. `)) ?? '';
  const recipe = { path: page.path, text };
  const [shell, script] = [codeBlocks(recipe, 'bash'), codeBlocks(recipe, 'ts')];
  expect(shell.length + script.length).toBe(1);
  // Somebody clicks meanwhile.
  const clicks = setInterval(() => {
    if (number !== '9') return;
    void post('/v1/track', inlet.writeKey, { type: 'track', userId: 'ada', event: 'Clicked' });
  }, 200);
  const outputs = [
    ...(await Promise.all(shell.map((command) => run(['bash', '-c'], command)))),
    ...(await Promise.all(script.map((code) => run([process.execPath, '-e'], code)))),
  ];
  clearInterval(clicks);
  for (const part of expected) expect(outputs.join('')).toContain(part);
});

it('the page has these recipes and no others', () => {
  expect(page.text.match(/^## \d+\./gm)).toHaveLength(RECIPES.length);
});

it('the client goes through all pages, and says with which code it was refused', async () => {
  const client = createClient({ url: inlet.url, token: inlet.readToken });
  const batch = Array.from({ length: 1_100 }, (_, index) => ({
    ...{ type: 'track', event: 'Counted', userId: 'many', messageId: `c${index}` },
    properties: { product_id: `p${index % 60}` },
  }));
  expect(await post('/v1/batch', inlet.writeKey, { batch })).toBe(200);
  await waitUntilDrained(inlet);
  const ids = (await Array.fromAsync(client.events('many'))).map(({ messageId }) => messageId);
  expect(ids.toSorted()).toEqual(batch.map(({ messageId }) => messageId).toSorted());
  expect((await Array.fromAsync(client.failedEvents())).map(({ code }) => code)).toEqual(['type_unknown']);
  expect((await Array.fromAsync(client.products('1111'))).map(({ id }) => id)).toEqual(['p1']);
  const refused = client.report('nothing', '2026-01-01', '2026-01-02');
  await expect(refused).rejects.toBeInstanceOf(InletQueryError);
  await expect(refused).rejects.toMatchObject({ codes: ['report_unknown'] });
  const stranger = createClient({ url: inlet.url, token: 'rt_nobody' });
  await expect(stranger.users(['1111'])).rejects.toMatchObject({ codes: ['read_token_unknown'] });
});
