import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FAILED_BYTES_CUT, FAILED_BYTES_WHOLE } from '../../schemas/pack.ts';
import { answerOf, basic, openEdge, PUBLIC_KEY, post, SECRET_KEY, track } from './support.ts';

const DAY_MS = 86_400_000;
const text = (body: Uint8Array): string => new TextDecoder().decode(body);

async function partsOf(edge: Awaited<ReturnType<typeof openEdge>>) {
  return (await edge.packs()).flatMap(({ parts }) => parts);
}

describe('what is enqueued', () => {
  it('a body goes on byte for byte, with the stamps beside it', async () => {
    const edge = await openEdge();
    const body = `{ "event":"Clicked", "userId":7, "messageId":"m", "sentAt":"2026-07-01T00:00:00Z", "receivedAt":"mine" }`;
    await edge.post('/v1/track', body, { 'user-agent': 'sdk/1', 'cf-connecting-ip': '203.0.113.9' });
    const [part] = await partsOf(edge);
    expect(text(part?.body ?? new Uint8Array())).toBe(body);
    const receivedAt = edge.ports.clock.now();
    expect(part?.header).toEqual({
      bytes: body.length,
      form: 'single',
      count: 1,
      type: 'track',
      source: 'shop',
      receivedAt,
      sentAt: '2026-07-01T00:00:00Z',
      oldest: receivedAt - 30 * DAY_MS,
      skewMs: 900_000,
      ip: '203.0.113.0',
      userAgent: 'sdk/1',
    });
  });

  it('a gzip body is forwarded inflated', async () => {
    const edge = await openEdge();
    const body = JSON.stringify({ batch: [track()], sent_at: '2026-07-01T00:00:00Z' });
    await edge.post('/v1/batch', new Uint8Array(gzipSync(body)));
    const [part] = await partsOf(edge);
    expect(text(part?.body ?? new Uint8Array())).toBe(body);
    expect(part?.header).toMatchObject({ form: 'batch', count: 1, sentAt: '2026-07-01T00:00:00Z' });
  });

  it('a byte order mark is left out: not every reader knows it', async () => {
    const edge = await openEdge();
    await edge.post('/v1/track', `\uFEFF${JSON.stringify(track())}`);
    const [part] = await partsOf(edge);
    expect(part?.body[0]).toBe('{'.charCodeAt(0));
  });

  it('the clock of a server is believed, and an import has no oldest day', async () => {
    const edge = await openEdge();
    const headers = { authorization: basic(SECRET_KEY) };
    await edge.fetch(post('/v1/track', track(), headers));
    await edge.fetch(post('/v1/import', track(), headers));
    const [single, imported] = (await partsOf(edge)).map(({ header }) => header);
    expect(single).toMatchObject({ oldest: expect.any(Number), type: 'track' });
    expect(single).not.toHaveProperty('skewMs');
    expect(single).toHaveProperty('secret', true);
    expect(imported).toMatchObject({ form: 'single', source: 'server', secret: true });
    for (const name of ['oldest', 'skewMs', 'type']) expect(imported).not.toHaveProperty(name);
  });

  it('the path names the type of a single event, whatever its body says', async () => {
    const edge = await openEdge();
    await edge.post('/v1/page', track({ name: 'Home' }));
    expect((await edge.rows()).map(({ type, name }) => [type, name])).toEqual([['page', 'Home']]);
  });

  it('nothing is stored without a good key', async () => {
    const edge = await openEdge();
    await edge.fetch(post('/v1/track', track()));
    await edge.fetch(post('/v1/track', '{', {}));
    await edge.fetch(post('/v1/batch', '{', { authorization: basic('nobody') }));
    await edge.post('/v1/import', { batch: [track()] });
    expect(await edge.packs()).toEqual([]);
  });

  it('a refused event stays in its batch, with its verdict', async () => {
    const edge = await openEdge();
    await edge.post('/v1/batch', { batch: [track(), 7, track({ messageId: null })] });
    const [pack] = await edge.packs();
    expect(pack?.header).toMatchObject({ accepted: 2, rejected: 1 });
    expect(pack?.parts[0]?.header.verdicts).toEqual([
      [1, 'event_not_object'],
      [2, 'message_id_missing'],
    ]);
  });
});

describe('bodies that cannot be read', () => {
  it.each([
    ['header', { authorization: basic(PUBLIC_KEY) }, ''],
    ['query', {}, `?writeKey=${PUBLIC_KEY}`],
  ])('are kept as they came under a key from the %s', async (_, headers, query) => {
    const edge = await openEdge();
    const response = await edge.fetch(post(`/v1/batch${query}`, '{"batch":[', headers));
    expect(response.status).toBe(400);
    const [row] = await edge.rows();
    expect(row).toMatchObject({ type: 'failed', verdict_code: 'body_not_json', body: '{"batch":[', body_bytes: 10 });
  });

  it('a key in a body without events counts too', async () => {
    const edge = await openEdge();
    await edge.fetch(post('/v1/batch', { writeKey: PUBLIC_KEY }));
    expect((await edge.rows()).map(({ verdict_code }) => verdict_code)).toEqual(['batch_missing']);
  });

  it('beyond 64 KB the start, the length and a hash are kept', async () => {
    const edge = await openEdge();
    const body = `[${'1,'.repeat(FAILED_BYTES_WHOLE)}`;
    await edge.post('/v1/batch', body);
    const [part] = await partsOf(edge);
    expect(text(part?.body ?? new Uint8Array())).toBe(body.slice(0, FAILED_BYTES_CUT));
    const sha256 = createHash('sha256').update(body).digest('hex');
    expect(part?.header.original).toEqual({ bytes: body.length, sha256 });
  });

  it('a declared length over the limit is refused without reading', async () => {
    const edge = await openEdge();
    let read = false;
    const endless = new ReadableStream<Uint8Array>(
      {
        pull() {
          read = true;
        },
      },
      { highWaterMark: 0 },
    );
    const request = new Request('http://inlet.test/v1/batch', {
      method: 'POST',
      headers: { authorization: basic(PUBLIC_KEY), 'content-length': '5000000' },
      body: endless,
    });
    expect((await edge.fetch(request)).status).toBe(413);
    expect(read).toBe(false);
    expect((await partsOf(edge)).map(({ header }) => header.original)).toEqual([{ bytes: 5_000_000 }]);
  });

  it('a body of unknown length is read no further than the limit', async () => {
    const edge = await openEdge();
    let chunks = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        chunks += 1;
        controller.enqueue(new Uint8Array(100_000));
      },
    });
    const headers = { authorization: basic(PUBLIC_KEY) };
    const response = await edge.fetch(
      new Request('http://inlet.test/v1/batch', { method: 'POST', headers, body: endless }),
    );
    expect(response.status).toBe(413);
    expect(chunks).toBeLessThan(50);
    const [part] = await partsOf(edge);
    expect(part?.body.length).toBe(FAILED_BYTES_CUT);
    expect(part?.header.original?.bytes).toBeGreaterThan(4_194_304);
  });
});

describe('large batches', () => {
  const batch = Array.from({ length: 1_000 }, (_, index) =>
    track({ messageId: `m-${index}`, properties: { text: 'é'.repeat(250) } }),
  );

  it('are split in the order sent, under the same envelope', async () => {
    const edge = await openEdge();
    const context = { ip: '198.51.100.7', locale: 'de' };
    const response = await edge.post('/v1/batch', { batch, context, integrations: { All: true } });
    expect(await answerOf(response)).toMatchObject({ accepted: 1_000, rejected: [] });
    const packs = await edge.packs();
    expect(packs.flatMap(({ parts }) => parts).length).toBeGreaterThan(4);
    for (const { parts } of packs) for (const { body } of parts) expect(body.length).toBeLessThanOrEqual(120_100);
    const [part] = packs.flatMap(({ parts }) => parts);
    expect(JSON.parse(text(part?.body ?? new Uint8Array()))).toMatchObject({ context, integrations: { All: true } });
    await edge.post('/v1/batch', { batch, context });
    const rows = await edge.rows();
    expect(rows.map(({ message_id }) => message_id)).toEqual(batch.map(({ messageId }) => messageId));
    expect(new Set(rows.map(({ locale }) => locale))).toEqual(new Set(['de']));
  });

  it('a too large event is kept by itself, between its neighbours', async () => {
    const edge = await openEdge();
    const large = track({ messageId: 'large', properties: { text: 'x'.repeat(100_000) } });
    const events = [track({ messageId: 'before' }), large, track({ messageId: 'after' }), null];
    const answer = await answerOf(await edge.post('/v1/batch', { batch: events }));
    expect(answer.rejected.map(({ index, code }) => [index, code])).toEqual([
      [1, 'event_too_large'],
      [3, 'event_not_object'],
    ]);
    const rows = await edge.rows();
    expect(rows.map(({ verdict_code }) => verdict_code)).toEqual([null, 'event_too_large', null, 'event_not_object']);
    expect(rows[1]?.body_bytes).toBe(JSON.stringify(large).length);
    expect(rows[1]?.body).toBe(JSON.stringify(large).slice(0, FAILED_BYTES_CUT));
  });

  it('a too large value that is no event at all is cut too', async () => {
    const edge = await openEdge();
    const answer = await answerOf(await edge.post('/v1/batch', { batch: ['x'.repeat(3_000_000)], context: 7 }));
    expect(answer.rejected.map(({ code }) => code)).toEqual(['event_too_large']);
    const [part] = await partsOf(edge);
    expect(part?.body.length).toBe(FAILED_BYTES_CUT);
  });

  it('a context of the envelope that is no object refuses all events', async () => {
    const edge = await openEdge();
    const answer = await answerOf(await edge.post('/v1/batch', { batch: [track()], context: 7 }));
    expect(answer.rejected.map(({ code }) => code)).toEqual(['context_not_object']);
  });

  it('what the envelope lends to every event counts for the size of each', async () => {
    const edge = await openEdge();
    const context = { text: 'x'.repeat(40_000) };
    const answer = await answerOf(await edge.post('/v1/batch', { batch: [track(), track()], context }));
    expect(answer.rejected.map(({ code }) => code)).toEqual(['event_too_large', 'event_too_large']);
  });

  it('a small body with a large envelope does not blow up a reader', async () => {
    const edge = await openEdge();
    const context = { text: 'x'.repeat(20_000) };
    await edge.post('/v1/batch', { batch: Array.from({ length: 100 }, () => track()), context });
    for (const { header } of await partsOf(edge)) expect(header.count * 20_000).toBeLessThanOrEqual(120_000);
  });

  it('many verdicts count for the size of a part', async () => {
    const edge = await openEdge();
    const batch = Array.from({ length: 2_500 }, () => 'x'.repeat(40));
    expect((await answerOf(await edge.post('/v1/batch', { batch }))).rejected).toHaveLength(2_500);
    const headers = (await partsOf(edge)).map(({ header }) => header);
    expect(headers.length).toBeGreaterThan(1);
    for (const header of headers) expect(header.bytes + JSON.stringify(header).length).toBeLessThan(127_000);
  });

  it('a single event in a body full of spaces is small', async () => {
    const edge = await openEdge();
    const response = await edge.post('/v1/track', `${JSON.stringify(track())}${' '.repeat(200_000)}`);
    expect(response.status).toBe(200);
    const [part] = await partsOf(edge);
    expect(part?.body.length).toBeLessThan(200);
  });

  it('nesting without end is refused, and no crash', async () => {
    const edge = await openEdge();
    const deep = `{"event":"e","userId":"u","properties":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    expect(await answerOf(await edge.post('/v1/track', deep))).toMatchObject({ code: 'event_too_large' });
    const answer = await answerOf(await edge.post('/v1/batch', `{"batch":[${deep},${JSON.stringify(track())}]}`));
    expect(answer).toMatchObject({ accepted: 1, rejected: [{ index: 0, code: 'event_too_large' }] });
    expect(await edge.rows()).toHaveLength(3);
  });
});

describe('failed events beyond the day of a source', () => {
  it('are refused and counted, and taken out of what is stored', async () => {
    const edge = await openEdge({ failed_events_per_day: 2 });
    const batch = [null, track({ messageId: 'a' }), null, null, track({ messageId: 'b', timestamp: 'x' }), null];
    const answer = await answerOf(await edge.post('/v1/batch', { batch }));
    expect(answer.rejected.map(({ index }) => index)).toEqual([0, 2, 3, 5]);
    const rows = await edge.rows();
    expect(rows.map(({ verdict_code }) => verdict_code)).toEqual([
      'event_not_object',
      null,
      'event_not_object',
      'timestamp_unreadable',
    ]);
    await edge.post('/v1/track', {});
    await edge.post('/v1/track', '{');
    expect(await edge.packs()).toEqual([]);
    const metrics = edge.metrics.render();
    expect(metrics).toContain('inlet_edge_failed_events_unstored_total{code="event_not_object"} 2');
    expect(metrics).toContain('inlet_edge_failed_events_unstored_total{code="user_missing"} 1');
    expect(metrics).toContain('inlet_edge_failed_events_unstored_total{code="body_not_json"} 1');
  });

  it('another source has its own day, and the next day begins anew', async () => {
    const edge = await openEdge({ failed_events_per_day: 1 });
    await edge.post('/v1/batch', { batch: [null, null] });
    await edge.fetch(post('/v1/batch', { batch: [null] }, { authorization: basic(SECRET_KEY) }));
    expect((await edge.rows()).map(({ source }) => source)).toEqual(['shop', 'server']);
    await edge.ports.clock.advance(DAY_MS);
    await edge.post('/v1/batch', { batch: [null] });
    expect(await edge.rows()).toHaveLength(1);
  });
});
