import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { s3Store } from '../../platform/bun/s3-store.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import { type VirtualClock, virtualClock } from '../../platform/sim/clock.ts';
import { type S3Server, startS3 } from './miniflare-s3.ts';

/** What becomes of one request on its way: it is answered without the server, or its answer is lost. */
type Fault = (request: Request, forward: () => Promise<Response>) => Promise<Response>;

const refuse =
  (status: number): Fault =>
  async () =>
    new Response('', { status });
const loseAnswer: Fault = async (_request, forward) => {
  await forward();
  return new Response('', { status: 500 });
};

let server: S3Server;
let proxy: Bun.Server<undefined>;
let direct: ObjectStore;
let faults: Fault[] = [];
let requests = 0;
let clock: VirtualClock;
let store: ObjectStore;

beforeAll(async () => {
  server = await startS3();
  direct = s3Store(server.config);
  const target = new URL(server.config.endpoint);
  proxy = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      requests += 1;
      const body = await request.bytes();
      const url = request.url.replace(new URL(request.url).host, target.host);
      const forward = () =>
        fetch(url, { method: request.method, headers: request.headers, body: body.length > 0 ? body : null });
      const fault = faults.shift();
      return fault === undefined ? forward() : fault(request, forward);
    },
  });
});
afterAll(async () => {
  await proxy.stop(true);
  await server.close();
});

beforeEach(() => {
  faults = [];
  requests = 0;
  clock = virtualClock(Date.now());
  const endpoint = new URL(new URL(server.config.endpoint).pathname, proxy.url).href;
  store = s3Store({ ...server.config, endpoint }, clock);
});

const createOnly = { onlyIf: { etagDoesNotMatch: '*' } } as const;

describe('S3 store', () => {
  it('tries again after 500, 503, 429 and 409, with growing delay', async () => {
    for (const status of [500, 503, 429, 409]) {
      faults = [refuse(status), refuse(status), refuse(status)];
      const before = clock.now();
      expect(await clock.finish(store.put('retry/key', `${status}`))).not.toBeNull();
      expect(clock.now() - before).toBe(250 + 500 + 1_000);
      expect(await (await direct.get('retry/key'))?.text()).toBe(`${status}`);
    }
  });

  it('gives up after three retries, with the status in the error', async () => {
    faults = Array.from({ length: 10 }, () => refuse(503));
    await expect(clock.finish(store.get('any/key'))).rejects.toThrow(/S3 GET any\/key: 503/);
    expect(requests).toBe(4);
  });

  it('tries again when nobody answers, and then says so', async () => {
    const absent = s3Store({ ...server.config, endpoint: 'http://127.0.0.1:9/' }, clock);
    const before = clock.now();
    await expect(clock.finish(absent.head('any/key'))).rejects.toThrow();
    expect(clock.now() - before).toBe(1_750);
  });

  it('does not try again what the store refuses for good', async () => {
    const stranger = s3Store({ ...server.config, secret_access_key: 'wrong' }, clock);
    await expect(stranger.put('any/key', 'x')).rejects.toThrow(/403 SignatureDoesNotMatch/);
    await expect(s3Store({ ...server.config, bucket: 'absent' }, clock).get('any/key')).rejects.toThrow(
      /404 NoSuchBucket/,
    );
  });

  it('counts a create whose answer was lost as its own', async () => {
    faults = [loseAnswer];
    const object = await clock.finish(store.put('lost/create', 'mine', createOnly));
    expect(object).toMatchObject({ size: 4, etag: (await direct.head('lost/create'))?.etag });
  });

  it('counts a replacement whose answer was lost as its own', async () => {
    const etag = (await direct.put('lost/replace', 'old'))?.etag ?? '';
    faults = [loseAnswer];
    expect(await clock.finish(store.put('lost/replace', 'new', { onlyIf: { etagMatches: etag } }))).not.toBeNull();
    expect(await (await direct.get('lost/replace'))?.text()).toBe('new');
  });

  it('does not count the object of another as its own, though its own try failed', async () => {
    await direct.put('taken/key', 'their');
    faults = [refuse(500)];
    expect(await clock.finish(store.put('taken/key', 'mine!', createOnly))).toBeNull();
    expect(await (await direct.get('taken/key'))?.text()).toBe('their');
  });

  it('does not count an equal object as its own when its first try is refused', async () => {
    await direct.put('equal/key', 'same');
    expect(await store.put('equal/key', 'same', createOnly)).toBeNull();
    expect(requests).toBe(1);
  });

  it('takes a 404 to a put on an etag as a put on an absent object', async () => {
    const answer = '<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>';
    faults = [async () => new Response(answer, { status: 404 })];
    expect(await store.put('gone/key', 'x', { onlyIf: { etagMatches: 'any' } })).toBeNull();
  });

  it('throws when the store could not delete one of many', async () => {
    const answer = '<DeleteResult><Error><Key>a/1</Key><Code>AccessDenied</Code></Error></DeleteResult>';
    faults = [async () => new Response(answer)];
    await expect(store.delete(['a/1', 'a/2'])).rejects.toThrow('S3 delete a/1: AccessDenied');
  });

  it('throws on a list that is cut, and on one that lacks a field', async () => {
    faults = [async () => new Response('<ListBucketResult><IsTruncated>false</IsTruncated>')];
    await expect(store.list()).rejects.toThrow(SyntaxError);
    faults = [async () => new Response('<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>')];
    await expect(store.list()).rejects.toThrow(/Contents without Size/);
  });

  it('reads a list as AWS writes it', async () => {
    const answer = `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix/><KeyCount>2</KeyCount>
<MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>
<NextContinuationToken>1&amp;2=</NextContinuationToken><Contents><Key>a+b%2B%C3%A9/x%3D1</Key>
<LastModified>2026-07-01T00:00:00.000Z</LastModified><ETag>&quot;d41d8&quot;</ETag><Size>7</Size>
<StorageClass>STANDARD</StorageClass></Contents><CommonPrefixes><Prefix>c+d/</Prefix></CommonPrefixes></ListBucketResult>`;
    faults = [async () => new Response(answer)];
    expect(await store.list()).toEqual({
      objects: [{ key: 'a b+é/x=1', size: 7, etag: 'd41d8', uploaded: new Date('2026-07-01T00:00:00Z') }],
      delimitedPrefixes: ['c d/'],
      truncated: true,
      cursor: '1&2=',
    });
  });

  it('refuses keys that other stores cannot hold', async () => {
    for (const key of ['a/../b', './a', '/a', 'a\u0001b']) {
      await expect(store.put(key, 'x')).rejects.toThrow(RangeError);
      await expect(store.delete(key)).rejects.toThrow(RangeError);
    }
    expect(requests).toBe(0);
  });

  it('refuses a range whose answer is not that part', async () => {
    await direct.put('part/key', '0123456789');
    faults = [async () => new Response('0123456789', { headers: { etag: '"x"' } })];
    await expect(store.get('part/key', { range: { offset: 2, length: 3 } })).rejects.toThrow(/200/);
  });

  it('reads again when an answer breaks off', async () => {
    const cut = answerOf('200 OK', '0123456789').slice(0, -7);
    const stub = listen([cut, answerOf('200 OK', '0123456789')]);
    expect(await (await clock.finish(stub.store.get('cut/key')))?.text()).toBe('0123456789');
    stub.close();
  });

  it('counts a create as its own when the connection broke off before the answer', async () => {
    const stub = listen(['', answerOf('412 Precondition Failed', ''), answerOf('200 OK', 'mine')]);
    expect(await clock.finish(stub.store.put('cut/create', 'mine', createOnly))).toMatchObject({ size: 4, etag: 'e' });
    stub.close();
  });
});

function answerOf(status: string, body: string): string {
  const length = `Content-Length: ${body.length}`;
  const headers = ['ETag: "e"', 'Last-Modified: Wed, 01 Jul 2026 00:00:00 GMT', 'Connection: close', length];
  return [`HTTP/1.1 ${status}`, ...headers, '', body].join('\r\n');
}

/** A store behind a server that gives each connection the next answer and closes it. */
function listen(answers: string[]): { store: ObjectStore; close: () => void } {
  const rest = answers.values();
  const listener = Bun.listen<{ answered: boolean }>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open(socket) {
        socket.data = { answered: false };
      },
      data(socket) {
        if (!socket.data.answered) socket.end(rest.next().value ?? '');
        socket.data.answered = true;
      },
    },
  });
  const endpoint = `http://127.0.0.1:${listener.port}`;
  return { store: s3Store({ ...server.config, endpoint }, clock), close: () => listener.stop(true) };
}
