/**
 * What a sender may rely on, seen from outside: answers and headers only, so that it runs against the app in memory, a
 * listening process and workerd alike. The target has the default configuration.
 */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode } from '../../../schemas/errors.ts';

export interface HttpTarget {
  readonly fetch: (request: Request) => Promise<Response>;
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly publicKey: string;
  readonly secretKey: string;
  readonly close: () => Promise<void>;
}

type Headers = Record<string, string>;

const TYPES = ['track', 'identify', 'page', 'screen', 'group', 'alias'] as const;
const SHORT = { track: 't', identify: 'i', page: 'p', screen: 's', group: 'g', alias: 'a' } as const;

/** Has what every type asks for. */
function event(fields: Record<string, unknown> = {}): Record<string, unknown> {
  const ids = { userId: 'ada', groupId: 'g', previousId: 'old', messageId: crypto.randomUUID() };
  return { type: 'track', event: 'Clicked', ...ids, ...fields };
}

export function describeHttp(name: string, open: () => Promise<HttpTarget>): void {
  describe(`HTTP: ${name}`, () => {
    let target: HttpTarget;
    beforeAll(async () => {
      target = await open();
    });
    afterAll(() => target.close());

    const send = (path: string, init: RequestInit): Promise<Response> =>
      target.fetch(new Request(`${target.baseUrl}${path}`, init));
    const basic = (key: string): Headers => ({ authorization: `Basic ${btoa(`${key}:`)}` });
    const text = (body: unknown): string => (typeof body === 'string' ? body : JSON.stringify(body));
    const post = (path: string, body: unknown, headers: Headers = basic(target.publicKey)): Promise<Response> =>
      send(path, { method: 'POST', headers, body: body instanceof Uint8Array ? new Uint8Array(body) : text(body) });

    async function expectFailure(response: Response, code: ErrorCode): Promise<void> {
      expect(await response.json()).toMatchObject({ success: false, code, message: ERRORS[code].text });
      expect(response.status).toBe(ERRORS[code].http);
      expect(response.headers.get('content-type')).toMatch(/^application\/json/);
      expect(response.headers.get('access-control-allow-origin')).not.toBeNull();
    }

    describe('paths', () => {
      it.each(
        TYPES.flatMap((type) => ['', '/v1'].flatMap((prefix) => [`${prefix}/${type}`, `${prefix}/${SHORT[type]}/`])),
      )('%s takes one event', async (path) => {
        const response = await post(path, event());
        expect(await response.json()).toEqual({ success: true, accepted: 1, rejected: [] });
        expect(response.status).toBe(200);
      });

      it.each(['/v1/batch', '/v1/b', '/batch', '/b', '/v1/batch/'])('%s takes many events', async (path) => {
        const response = await post(path, { batch: TYPES.map((type) => event({ type })) });
        expect(await response.json()).toEqual({ success: true, accepted: 6, rejected: [] });
      });

      it('reports of an SDK on itself are answered', async () => {
        const response = await post('/v1/m', '{"series":[]}', {});
        expect(await response.json()).toEqual({ success: true });
      });

      it('settings name the host that was asked', async () => {
        const { host } = new URL(target.baseUrl);
        const key = target.publicKey;
        for (const prefix of ['', '/v1']) {
          const response = await send(`${prefix}/projects/${key}/settings`, {});
          expect(await response.json()).toEqual({
            integrations: { 'Segment.io': { apiKey: key, apiHost: `${host}/v1` } },
          });
        }
      });

      it('settings of an unknown key are refused', async () => {
        await expectFailure(await send('/v1/projects/nobody/settings', {}), 'write_key_unknown');
      });

      it('an unknown path is a 404', async () => {
        await expectFailure(await post('/v1/nothing', event()), 'path_unknown');
      });

      it('a known path with another method is a 405 that names the right one', async () => {
        const response = await send('/v1/track', { method: 'PUT', body: '{}' });
        expect(response.headers.get('allow')).toBe('POST, OPTIONS');
        await expectFailure(response, 'method_not_allowed');
      });
    });

    describe('write key', () => {
      it.each<[string, (key: string) => { headers?: Headers; body?: Record<string, unknown>; query?: string }]>([
        ['Basic', (key) => ({ headers: basic(key) })],
        ['Basic without a colon', (key) => ({ headers: { authorization: `Basic ${btoa(key)}` } })],
        ['X-Write-Key', (key) => ({ headers: { 'x-write-key': key } })],
        ['X-Write-Key with a secret', (key) => ({ headers: { 'x-write-key': `${key}:secret` } })],
        ['the body', (key) => ({ body: { writeKey: key } })],
        ['the first event of the batch', (key) => ({ body: { batch: [event({ writeKey: key })] } })],
        ['the query', (key) => ({ query: `?writeKey=${key}` })],
      ])('may come as %s', async (_, place) => {
        const { headers = {}, body = {}, query = '' } = place(target.publicKey);
        const response = await post(`/v1/batch${query}`, { batch: [event()], ...body }, headers);
        expect(response.status).toBe(200);
      });

      it('a header goes before the body', async () => {
        const response = await post('/v1/track', event({ writeKey: target.publicKey }), basic('nobody'));
        await expectFailure(response, 'write_key_unknown');
      });

      it('a wrong key is a 401', async () => {
        await expectFailure(await post('/v1/track', event(), basic('nobody')), 'write_key_unknown');
      });

      it('no key is a 401', async () => {
        await expectFailure(await post('/v1/track', event(), {}), 'write_key_missing');
      });

      it('an import needs a secret key', async () => {
        await expectFailure(await post('/v1/import', { batch: [event()] }), 'secret_key_required');
        const old = event({ timestamp: '1970-01-01T00:00:00Z' });
        const response = await post('/v1/import', { batch: [old] }, basic(target.secretKey));
        expect(await response.json()).toEqual({ success: true, accepted: 1, rejected: [] });
      });
    });

    describe('CORS', () => {
      const origin = 'https://shop.example';

      it('a pre-flight needs no key and is told all that it asks for', async () => {
        const headers = { origin, 'access-control-request-headers': 'authorization,x-new' };
        const response = await send('/v1/t', { method: 'OPTIONS', headers });
        expect(response.status).toBe(204);
        expect(response.headers.get('access-control-allow-origin')).toBe(origin);
        expect(response.headers.get('access-control-allow-credentials')).toBe('true');
        expect(response.headers.get('access-control-allow-headers')).toBe('authorization,x-new');
        expect(response.headers.get('access-control-max-age')).toBe('86400');
        expect(response.headers.get('vary')).toContain('Origin');
      });

      it.each([
        ['an accepted event', '/v1/track', 'POST', 200],
        ['an unknown path', '/nothing', 'POST', 404],
        ['a wrong method', '/v1/track', 'DELETE', 405],
      ])('%s may be read by the page that sent it', async (_, path, method, status) => {
        const init = { method, headers: { ...basic(target.publicKey), origin }, body: text(event()) };
        const response = await send(path, init);
        expect(response.status).toBe(status);
        expect(response.headers.get('access-control-allow-origin')).toBe(origin);
        expect(response.headers.get('access-control-allow-credentials')).toBe('true');
        expect(response.headers.get('access-control-expose-headers')).toBe('Retry-After');
        expect(response.headers.get('vary')).toContain('Origin');
      });
    });

    describe('bodies', () => {
      it.each([
        ['text/plain', {}],
        ['application/x-www-form-urlencoded', {}],
        ['application/json', { 'content-encoding': 'gzip' }],
      ])('gzip is known by its bytes, sent as %s', async (type, more) => {
        const headers = { ...basic(target.publicKey), 'content-type': type, ...more };
        const response = await post('/v1/batch', new Uint8Array(gzipSync(text({ batch: [event()] }))), headers);
        expect(await response.json()).toEqual({ success: true, accepted: 1, rejected: [] });
      });

      it.each<[ErrorCode, string | Uint8Array]>([
        ['body_empty', ''],
        ['body_empty', ' \n'],
        ['body_not_json', '{"batch":[{'],
        ['body_not_json', new Uint8Array([0xff, 0xfe, 0x00])],
        ['body_not_object', '[]'],
        ['body_not_object', 'null'],
        ['body_gzip_broken', new Uint8Array(gzipSync('{"batch":[]}').subarray(0, 20))],
        ['batch_missing', '{}'],
        ['batch_missing', '{"batch":{}}'],
        ['batch_empty', '{"batch":[]}'],
        ['batch_too_long', JSON.stringify({ batch: Array.from({ length: 2_501 }, () => ({})) })],
        ['body_inflates_too_large', new Uint8Array(gzipSync(new Uint8Array(20_000_000)))],
      ])('%s', async (code, body) => {
        await expectFailure(await post('/v1/batch', body), code);
      });

      it('5 MB is refused', async () => {
        await expectFailure(await post('/v1/batch', 'x'.repeat(5_000_000)), 'body_too_large');
      });

      it('a byte order mark does no harm', async () => {
        const response = await post('/v1/track', `\uFEFF${text(event())}`);
        expect(response.status).toBe(200);
      });
    });

    describe('events', () => {
      it('a refused single event is a 400 that says why', async () => {
        const response = await post('/v1/track', event({ event: '', messageId: 'm-1' }));
        const code = 'event_name_missing';
        const message = ERRORS[code].text;
        const rejected = [{ index: 0, messageId: 'm-1', code, message }];
        expect(await response.json()).toEqual({ success: false, code, message, accepted: 0, rejected });
        expect(response.status).toBe(400);
      });

      it('bad events of a batch are listed, and the others accepted', async () => {
        const large = event({ messageId: 'large', properties: { text: 'x'.repeat(40_000) } });
        const response = await post('/v1/batch', { batch: [event(), 7, large, event({ userId: null })] });
        expect(response.status).toBe(200);
        expect(await response.json()).toMatchObject({
          success: true,
          accepted: 1,
          rejected: [
            { index: 1, messageId: null, code: 'event_not_object' },
            { index: 2, messageId: 'large', code: 'event_too_large' },
            { index: 3, code: 'user_missing' },
          ],
        });
      });

      it('a batch in which every event is refused is still a 200', async () => {
        const response = await post('/v1/batch', { batch: [null, []] });
        expect(response.status).toBe(200);
        expect(await response.json()).toMatchObject({
          success: true,
          accepted: 0,
          rejected: [{ index: 0 }, { index: 1 }],
        });
      });

      it.each([
        ['1970-01-01T00:00:00.000Z', 'timestamp_too_old'],
        ['2999-01-01T00:00:00.000Z', 'timestamp_in_future'],
        ['yesterday', 'timestamp_unreadable'],
      ])('the timestamp %s is accepted with the warning %s', async (timestamp, code) => {
        const response = await post('/v1/track', event({ timestamp, messageId: 'm-1' }));
        expect(response.status).toBe(200);
        expect(await response.json()).toMatchObject({
          success: true,
          accepted: 1,
          rejected: [],
          warnings: [{ index: 0, messageId: 'm-1', code }],
        });
      });

      it.each([
        ['lone surrogates', String.raw`{"event":"\ud83d","userId":"\udc00","messageId":"m"}`],
        ['NUL', String.raw`{"event":"a\u0000b","userId":"u","messageId":"m"}`],
        ['huge numbers', '{"event":"e","userId":"u","messageId":"m","properties":{"a":1e999,"b":5e-324}}'],
        ['an id that is a number', '{"event":"e","userId":42,"messageId":7}'],
        ['a null userId beside an anonymousId', '{"event":"e","userId":null,"anonymousId":"a","messageId":"m"}'],
        ['an empty userId beside an anonymousId', '{"event":"e","userId":"","anonymousId":"a","messageId":"m"}'],
      ])('%s: accepted', async (_, body) => {
        const response = await post('/v1/track', body);
        expect(await response.json()).toEqual({ success: true, accepted: 1, rejected: [] });
      });
    });
  });
}
