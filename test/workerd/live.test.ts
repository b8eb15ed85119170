/** Live subscriptions, by the Worker: each looks for new segments itself, and ends when its reader goes away. */
import { exports } from 'cloudflare:workers';
import { beforeAll, expect, it } from 'vitest';
import { deliver, makeKeys, makePack, migrate, READ_TOKEN, URL_BASE } from './worker.ts';

const SUBSCRIBERS_MAX = 100;

beforeAll(async () => {
  await migrate();
  await makeKeys();
});

interface Subscription {
  readonly first: string;
  /** More of the stream. */
  read(): Promise<string>;
  leave(): void;
}

async function subscribe(query = 'subscription { events { messageId } }'): Promise<Subscription> {
  const controller = new AbortController();
  const response = await exports.default.fetch(
    new Request(`${URL_BASE}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${READ_TOKEN}`,
      },
      body: JSON.stringify({ query }),
      signal: controller.signal,
    }),
  );
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  const read = async (): Promise<string> => decoder.decode((await reader?.read())?.value);
  return { first: await read(), read, leave: () => controller.abort() };
}

it('an event comes to those it is for', async () => {
  const { read, leave } = await subscribe('subscription { events(user: "ada", types: [track]) { messageId source } }');
  const event = { type: 'track', event: 'Clicked', messageId: 'm1' };
  await deliver([makePack(1, [{ ...event, userId: 'bob', messageId: 'm2' }])]);
  await deliver([makePack(2, [{ ...event, userId: 'ada' }])]);
  let text = '';
  while (!text.includes('m1')) text += await read();
  expect(text).toContain('data: {"data":{"events":{"messageId":"m1","source":"web"}}}');
  expect(text).not.toContain('m2');
  leave();
});

it('there are a hundred at most, and whoever goes away leaves room', async () => {
  const open: Subscription[] = [];
  const openAll = async (): Promise<void> => {
    while (open.length < SUBSCRIBERS_MAX) {
      const one = await subscribe();
      if (!one.first.includes('live_full')) open.push(one);
    }
  };
  await openAll();
  expect((await subscribe()).first).toContain('live_full');
  for (const { leave } of open.splice(0)) leave();
  await openAll();
  for (const { leave } of open.splice(0)) leave();
});
