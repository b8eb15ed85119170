import type { Server } from 'bun';
import { afterEach, describe, expect, test } from 'vitest';
import { type ShopCall, SOURCES } from '../../cli/demo/calls.ts';
import { Sender } from '../../cli/demo/send.ts';
import { shopDay } from '../../cli/demo/shop.ts';
import { isJsonObject, type JsonObject } from '../../schemas/event.ts';

const KEYS = new Map(SOURCES.map((source) => [source, `wk_${source}`]));
let server: Server<undefined> | null = null;

afterEach(async () => {
  await server?.stop(true);
  server = null;
});

function serve(answer: (request: Request) => Response | Promise<Response>): string {
  server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: answer });
  return `http://127.0.0.1:${server.port}`;
}

function day(events: number): ShopCall[] {
  return [...shopDay({ seed: 1, events, users: 1_000, day: '2026-01-31' })];
}

async function sendAll(sender: Sender, calls: readonly ShopCall[]): Promise<void> {
  for (const call of calls) await sender.send(call);
  await sender.close();
}

describe('sending through the SDK', () => {
  test('every call arrives once, whole, under the key of its source', async () => {
    const arrived = new Map<unknown, JsonObject & { key: string }>();
    let copies = 0;
    const url = serve(async (request) => {
      const key = atob(request.headers.get('authorization')?.slice(6) ?? '');
      const body: unknown = await request.json();
      const batch = isJsonObject(body) && Array.isArray(body.batch) ? body.batch.filter(isJsonObject) : [];
      for (const event of batch) {
        if (arrived.has(event.messageId)) copies++;
        arrived.set(event.messageId, { ...event, key });
      }
      return Response.json({ success: true });
    });
    const calls = day(3_000);
    const sender = new Sender(url, KEYS);
    await sendAll(sender, calls);

    expect(sender.sent).toBe(3_000);
    expect([arrived.size, copies]).toEqual([3_000, 0]);
    for (const call of calls) {
      // The SDK puts its own name into context.library and knows no anonymous id in an alias.
      const { source, anonymousId, context, ...rest } = call;
      const { library: _, ...kept } = context;
      const who = call.type === 'alias' ? {} : { anonymousId };
      expect(arrived.get(call.messageId)).toMatchObject({ ...rest, ...who, context: kept, key: `wk_${source}:` });
    }
  });

  test('a refused key stops it, with the reason', async () => {
    const sender = new Sender(
      serve(() => new Response('no', { status: 401, statusText: 'Unauthorized' })),
      KEYS,
    );
    await expect(sendAll(sender, day(5_000))).rejects.toThrow(/\d+ events were not taken, .*401/);
  });

  test('while the server does not answer, at most 2,000 calls are on their way', async () => {
    const gate = Promise.withResolvers<void>();
    const sender = new Sender(
      serve(async () => {
        await gate.promise;
        return Response.json({ success: true });
      }),
      KEYS,
    );
    const calls = day(4_000);
    let handed = 0;
    const work = (async () => {
      for (const call of calls) {
        handed++;
        await sender.send(call);
      }
      await sender.close();
    })();
    await Bun.sleep(300);
    expect(handed).toBe(2_000);
    gate.resolve();
    await work;
    expect(sender.sent).toBe(4_000);
  });

  test('a source without a key is an error', async () => {
    const [call] = day(1);
    const sender = new Sender('http://127.0.0.1:1', new Map());
    await expect(async () => call && sender.send(call)).rejects.toThrow('no write key');
  });
});
