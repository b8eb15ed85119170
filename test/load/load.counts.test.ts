import type { Server } from 'bun';
import { afterEach, describe, expect, test } from 'vitest';
import { runLoad } from './load.ts';
import { messageIdOf } from './message-id.ts';

const RUN = 'c0ffee01';
const BASE = { key: 'wk_test', connections: 8, seconds: 0.3, run: RUN };
let server: Server<undefined> | null = null;

afterEach(async () => {
  await server?.stop(true);
  server = null;
});

function serve(answer: (request: Request) => Response | Promise<Response>): string {
  server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: answer });
  return `http://127.0.0.1:${server.port}`;
}

describe('a load run', () => {
  for (const events of [1, 50, 5_000]) {
    test(`with ${events} events a request, the server gets each id once, and those the run names are those it answered`, async () => {
      const received: string[] = [];
      const url = serve(async (request) => {
        const text = await request.text();
        JSON.parse(text);
        received.push(...(text.match(/node-next-\d{13}-c0ffee01-[0-9a-f-]{27}/g) ?? []));
        return new Response(null, { status: 202 });
      });
      const answered: string[] = [];
      const result = await runLoad({
        ...BASE,
        url,
        events,
        answered: (_, first, count) => {
          for (let number = first; number < first + count; number++) answered.push(messageIdOf(RUN, number));
        },
      });
      expect(result.requests).toBeGreaterThanOrEqual(BASE.connections);
      expect(result.events).toBe(result.requests * events);
      expect(result.statuses).toEqual({ 202: result.requests });
      expect(result.broken).toBe(0);
      expect(new Set(received).size).toBe(received.length);
      expect(received).toHaveLength(result.events);
      expect(new Set(received)).toEqual(new Set(answered));
    });
  }

  test('the key, the type in the path and the length are those of a Segment SDK', async () => {
    const seen = new Set<string>();
    const url = serve(async (request) => {
      const { pathname } = new URL(request.url);
      const body: unknown = await request.json();
      const type = typeof body === 'object' && body !== null && 'type' in body ? body.type : '';
      seen.add(
        `${request.method} ${pathname === `/v1/${type}`} ${atob(request.headers.get('authorization')?.slice(6) ?? '')}`,
      );
      return Response.json({ success: true });
    });
    await runLoad({ ...BASE, url, events: 1 });
    expect([...seen]).toEqual(['POST true wk_test:']);
  });

  test('refused requests are counted by status and their events not at all', async () => {
    let turn = 0;
    const url = serve(() => new Response('no', { status: turn++ % 2 === 0 ? 200 : 429 }));
    const result = await runLoad({ ...BASE, url, events: 10 });
    expect((result.statuses[200] ?? 0) + (result.statuses[429] ?? 0)).toBe(result.requests);
    expect(result.statuses[429]).toBeGreaterThan(0);
    expect(result.events).toBe((result.statuses[200] ?? 0) * 10);
  });

  test('a server that goes away ends the run, with its connections counted as broken', async () => {
    let requests = 0;
    const url = serve(() => {
      if (++requests === 100) void server?.stop(true);
      return new Response('ok');
    });
    const result = await runLoad({ ...BASE, url, events: 1, seconds: 60 });
    expect(result.broken).toBe(BASE.connections);
  });

  test('an answer that cannot be read is an error, not a figure', async () => {
    const url = serve(
      () =>
        new Response(
          new ReadableStream({
            async start(stream) {
              for (const piece of ['sent', 'in', 'chunks']) {
                stream.enqueue(piece);
                await Bun.sleep(2);
              }
              stream.close();
            },
          }),
        ),
    );
    await expect(runLoad({ ...BASE, url, events: 1 })).rejects.toThrow('Content-Length');
  });

  test('a server that is not there breaks every connection', async () => {
    const url = serve(() => new Response('ok'));
    await server?.stop(true);
    const result = await runLoad({ ...BASE, url, events: 1, seconds: 60 });
    expect([result.requests, result.broken]).toEqual([0, BASE.connections]);
  });
});
