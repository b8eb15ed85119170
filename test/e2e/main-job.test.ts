/** The whole of it as somebody uses it: a server, a published SDK, GraphQL and every sub-command over one data folder. */
import { Analytics } from '@segment/analytics-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../schemas/event.ts';
import { askGraphql, sendBatch, waitUntilDrained, wholeTimeline } from '../support/client.ts';
import { type RunningInlet, runInlet, startInlet, temporaryFolder } from '../support/inlet.ts';

/** Yesterday, so that no run crosses into another day. */
const DAY = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
const DAYS = ['--from', DAY, '--to', DAY];
const ENV = { INLET_KEY_CACHE_SECONDS: '1' };
const STOP_MS_MAX = 10_000;

const folder = temporaryFolder('main-job');
let inlet: RunningInlet;

beforeAll(async () => {
  inlet = await startInlet({ dataDir: folder.path, env: ENV });
}, 40_000);
afterAll(async () => {
  await inlet.kill().catch(() => {});
  folder.remove();
});

const at = (time: string): Date => new Date(`${DAY}T${time}Z`);

/** Runs a sub-command that has to succeed. */
async function run(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await runInlet(folder.path, words, ENV);
  expect(stderr.includes('inlet: ') ? stderr : code).toBe(0);
  return stdout;
}

async function runJson(...words: string[]): Promise<JsonObject> {
  const value: unknown = JSON.parse(await run(...words, '--json'));
  if (!isJsonObject(value)) throw new Error(`not an object: ${JSON.stringify(value)}`);
  return value;
}

async function types(user: string): Promise<string[]> {
  return (await wholeTimeline(inlet, user)).map(({ type }) => type);
}

/** Events that were answered with a 2xx. */
let acknowledged = 0;

/** Sends one event. @returns the status */
async function send(writeKey: string, userId: string): Promise<number> {
  const { status } = await sendBatch({ url: inlet.url, writeKey }, [{ type: 'track', event: 'Sent', userId }]);
  if (status === 200) acknowledged += 1;
  return status;
}

const askUnder = (readToken: string): Promise<unknown> => askGraphql({ url: inlet.url, readToken }, '{ __typename }');

/** Keys are trusted for a second before they are asked for again. */
async function eventually(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await Bun.sleep(100);
}

describe('one Inlet on one machine', () => {
  it('takes what a published SDK sends and shows it in the timeline', async () => {
    const analytics = new Analytics({ writeKey: inlet.writeKey, host: inlet.url, maxRetries: 0 });
    const errors: unknown[] = [];
    analytics.on('error', (error) => errors.push(error));
    const product = { product_id: 'p1', category: 'Books', price: 12.5 };
    analytics.identify({ userId: 'ada', traits: { plan: 'pro' }, timestamp: at('10:00:00') });
    analytics.group({ userId: 'ada', groupId: 'acme', timestamp: at('10:01:00') });
    analytics.track({ userId: 'ada', event: 'Product Viewed', properties: product, timestamp: at('10:02:00') });
    const order = { products: [{ ...product, quantity: 2 }] };
    analytics.track({ userId: 'ada', event: 'Order Completed', properties: order, timestamp: at('10:03:00') });
    analytics.page({ anonymousId: 'b0', name: 'Home', timestamp: at('10:04:00') });
    await analytics.closeAndFlush();
    expect(errors).toEqual([]);
    acknowledged += 5;

    await waitUntilDrained(inlet);
    expect(await types('ada')).toEqual(['track', 'track', 'group', 'identify']);
    const answer = await askGraphql(
      inlet,
      `{ user(id: "ada") { profile { traits } events(first: 1, events: ["Order Completed"]) {
         asOf nodes { event timestamp receivedAt properties } } } }`,
    );
    expect(answer).toMatchObject({
      user: {
        profile: { traits: { plan: 'pro' } },
        events: { nodes: [{ event: 'Order Completed', timestamp: `${DAY}T10:03:00.000Z`, properties: order }] },
      },
    });
  });

  it('reports, SQL and status see it at once', async () => {
    const [byDay, groups, products, sql, status] = await Promise.all([
      run('report', 'events_by_day', ...DAYS, '--format', 'csv'),
      run('report', 'groups', ...DAYS, '--format', 'csv'),
      run('report', 'products', ...DAYS),
      run('sql', 'select type, count(*) as n from events group by all order by all', '--format', 'csv'),
      runJson('status'),
    ]);
    expect(byDay.trim().split('\n').slice(1)).toEqual([
      `${DAY},group,,(all),1,1`,
      `${DAY},identify,,(all),1,1`,
      `${DAY},page,,(all),1,1`,
      `${DAY},track,Order Completed,(all),1,1`,
      `${DAY},track,Product Viewed,(all),1,1`,
    ]);
    expect(groups.trim().split('\n').slice(1)).toEqual([`${DAY},group,(none),2,2,0,0`, `${DAY},group,acme,3,1,1,25`]);
    expect(products).toMatch(/Books\D+1\D+0\D+0\D+1\D+2\D+25\D+1\D+1\D/);
    expect(sql).toBe('type,n\ngroup,1\nidentify,1\npage,1\ntrack,2\n');
    expect(status).toMatchObject({ table_events: 0, pending_segments: 1, index_behind_since: null });
  });

  it('compaction changes no answer, and stores the reports that GraphQL gives out', async () => {
    expect(await run('compact')).toContain('Compacted 5 events of 1 segments');
    expect(await runJson('status')).toMatchObject({ table_events: 5, pending_segments: 0 });
    const answer = await askGraphql(
      inlet,
      `{ reports(name: "products", from: "${DAY}", to: "${DAY}") { columns { name } rows } }`,
    );
    expect(answer).toMatchObject({ reports: { rows: [[DAY, 'Books', 1, 0, 0, 1, 2, 25, 1, 1]] } });
    expect(await types('ada')).toEqual(['track', 'track', 'group', 'identify']);
  });

  it('the hot index is rebuilt while the server takes in events and answers', async () => {
    let rebuilt = false;
    const rebuild = run('rebuild').finally(() => {
      rebuilt = true;
    });
    let sent = 0;
    while (!rebuilt) {
      sent += 1;
      expect(await send(inlet.writeKey, 'bob')).toBe(200);
      expect(await types('ada')).toEqual(['track', 'track', 'group', 'identify']);
      await Bun.sleep(20);
    }
    expect(await rebuild).toMatch(/^Rebuilt from \d+ stored events/);
    await waitUntilDrained(inlet);
    expect(await types('ada')).toEqual(['track', 'track', 'group', 'identify']);
    expect(await wholeTimeline(inlet, 'bob')).toHaveLength(sent);
  });

  it('keys that are made work at once, and revoked ones stop', async () => {
    const [{ writeKey }, { readToken }] = await Promise.all([
      runJson('keys', 'create', '--source', 'kiosk', '--secret'),
      runJson('keys', 'create', '--read', 'dashboard'),
    ]);
    expect([await send(String(writeKey), 'keys'), await send('wk_nobody', 'keys')]).toEqual([200, 401]);
    await expect(askUnder(String(readToken))).resolves.toEqual({ __typename: 'Query' });

    const list = await run('keys', 'list');
    expect(list).toMatch(new RegExp(`${writeKey} .*secret .*source kiosk`));
    expect(list).toContain('read token "dashboard"');
    expect(list).not.toContain(String(readToken));

    expect(
      await Promise.all([run('keys', 'revoke', String(writeKey)), run('keys', 'revoke', String(readToken))]),
    ).toEqual(['Revoked.\n', 'Revoked.\n']);
    await eventually(async () => (await send(String(writeKey), 'keys')) === 401);
    await eventually(() =>
      askUnder(String(readToken)).then(
        () => false,
        (error) => String(error).includes('read_token_unknown'),
      ),
    );
    expect(await send(inlet.writeKey, 'keys')).toBe(200);
  });

  it('a second server over the same folder is refused, and says who has it', async () => {
    const { code, stderr } = await runInlet(folder.path, ['serve'], ENV);
    expect(code).toBe(1);
    expect(stderr).toContain(`in use by process ${inlet.pid}`);
    expect(await send(inlet.writeKey, 'keys')).toBe(200);
  });

  it('Ctrl-C ends it with exit code 0, also with events in the queue', { timeout: STOP_MS_MAX }, async () => {
    expect(await send(inlet.writeKey, 'ada')).toBe(200);
    expect(await inlet.stop()).toBe(0);
  });

  it('the next start goes on with the same keys, token and events', async () => {
    const { writeKey, readToken } = inlet;
    inlet = await startInlet({ dataDir: folder.path, env: ENV });
    expect(inlet).toMatchObject({ writeKey, readToken });
    expect(await send(writeKey, 'ada')).toBe(200);
    await waitUntilDrained(inlet);
    expect(await types('ada')).toEqual(['track', 'track', 'track', 'track', 'group', 'identify']);
    const count = await run('sql', 'select count(*) as n from events', '--format', 'csv');
    expect(count).toBe(`n\n${acknowledged}\n`);
    expect(await inlet.stop()).toBe(0);
  });
});

describe('the command', () => {
  it('names every broken setting at once, and exits with 2', async () => {
    const settings = { INLET_PORT: 'http', INLET_LATE_DAYS: '0', INLET_CENTRAL: 'yes', INLET_WRITEKEY: 'wk' };
    const { code, stderr } = await runInlet(folder.path, ['serve'], settings);
    expect(code).toBe(2);
    for (const name of Object.keys(settings)) expect(stderr).toContain(name);
  });

  it('explains itself and each sub-command', async () => {
    const commands = ['serve', 'keys', 'report', 'sql', 'compact', 'status', 'rebuild', 'demo'];
    const help = await run('--help');
    for (const command of commands) expect(help).toContain(`  ${command} `);
    const texts = await Promise.all(commands.map((command) => run(command, '--help')));
    for (const [position, text] of texts.entries()) expect(text).toContain(`Usage: inlet ${commands[position]}`);
  });

  it.each([
    [['nothing'], 'unknown command'],
    [['report', 'nothing'], 'no report of that name'],
    [['report', 'groups', '--from', 'today'], 'Days look like'],
    [['sql', 'create table mine (a int)'], 'Only SELECT'],
  ])('used wrongly as %j it says how, and exits with 2', async (words, reason) => {
    const { code, stderr } = await runInlet(folder.path, words);
    expect([code, stderr]).toEqual([2, expect.stringContaining(reason)]);
  });
});
