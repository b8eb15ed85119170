import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { basic, openEdge, PUBLIC_KEY, post, type TestEdge, track } from './support.ts';

const encoder = new TextEncoder();

/** What came of a batch: whose key is in the headers it is skimmed, whose key is in the query it is opened at once. */
async function outcome(edge: TestEdge, body: Uint8Array, isSkimmed: boolean) {
  const response = isSkimmed
    ? await edge.fetch(post('/v1/batch', body, { authorization: basic(PUBLIC_KEY) }))
    : await edge.fetch(post(`/v1/batch?writeKey=${PUBLIC_KEY}`, body));
  const parts = (await edge.packs()).flatMap((pack) => pack.parts);
  return {
    status: response.status,
    answer: await response.text(),
    parts: parts.map(({ header, body }) => ({ header, body: Buffer.from(body).toString('hex') })),
  };
}

async function expectSame(body: Uint8Array, edges: readonly [TestEdge, TestEdge]) {
  const [skimmed, opened] = edges;
  expect(await outcome(skimmed, body, true)).toEqual(await outcome(opened, body, false));
  expect(skimmed.metrics.render()).toBe(opened.metrics.render());
}

/** Texts whose length or content depends on how bytes are read. */
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('é', '–', '😀', '\ud800', 'é'.repeat(300), '–'.repeat(200), 'é'.repeat(513), '–'.repeat(1_024)),
);
const value = fc.oneof(text, fc.jsonValue({ maxDepth: 1 }));
const event = fc.oneof(
  { weight: 1, arbitrary: value },
  { weight: 20, arbitrary: fc.record({ properties: fc.dictionary(text, text) }).map(track) },
  {
    weight: 9,
    arbitrary: fc.record(
      {
        type: fc.constantFrom('track', 'page', 'group', 'alias', 'é'),
        event: text,
        name: text,
        userId: value,
        anonymousId: text,
        groupId: text,
        messageId: value,
        timestamp: fc.oneof(fc.constantFrom('2026-01-01', '2046-01-01', '1999-01-01'), text),
        sentAt: text,
        properties: fc.dictionary(text, text),
        context: value,
      },
      { requiredKeys: ['type', 'userId'] },
    ),
  },
);
const envelope = fc.record(
  {
    batch: fc.array(event, { maxLength: 6 }),
    sentAt: fc.oneof(text, fc.constant('2026-01-01T00:00:00Z')),
    context: fc.oneof(fc.dictionary(text, text), value),
    integrations: fc.dictionary(text, text),
  },
  { requiredKeys: ['batch'] },
);
/** As it is, with its texts escaped, or with bytes that are no UTF-8. */
const bytes = fc.tuple(envelope, fc.constantFrom('plain', 'escaped', 'broken')).map(([sent, form]) => {
  const json = JSON.stringify(sent);
  if (form === 'plain') return encoder.encode(json);
  if (form === 'broken') return encoder.encode(json).map((byte) => (byte === 0xc3 ? 0xff : byte));
  return encoder.encode(json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`));
});

describe('a batch that is skimmed', () => {
  it('has the same answer, parts and counts as one that is opened at once', async () => {
    const edges = [await openEdge(), await openEdge()] as const;
    await fc.assert(
      fc.asyncProperty(bytes, (body) => expectSame(body, edges)),
      { numRuns: 500 },
    );
  });

  it.each([
    ['nothing', ''],
    ['ASCII alone', JSON.stringify({ batch: [track(), {}] })],
    ['spaces that are not of ASCII', '\u00a0\u2028'],
    ['a byte order mark', `\ufeff{"batch":[${JSON.stringify(track())}]}`],
    ['a batch cut short', '{"batch":[{"userId":"é'],
    ['no batch', '{"é":1}'],
    ['a list', '["é"]'],
  ])('so has %s', async (_, body) => {
    await expectSame(encoder.encode(body), [await openEdge(), await openEdge()]);
  });

  it.each([
    ['a warning about a message id beyond ASCII', { batch: [track({ messageId: 'é', timestamp: '2046-01-01' })] }],
    ['a time of sending beyond ASCII', { batch: [track()], sentAt: '2026–01–01' }],
  ])('so has %s', async (_, sent) => {
    await expectSame(encoder.encode(JSON.stringify(sent)), [await openEdge(), await openEdge()]);
  });

  it('so has an event that only bytes which are no UTF-8 make too large', async () => {
    const batch = [track({ broken: 'B'.repeat(12_000) }), track({ long: 'x'.repeat(25_000) })];
    const body = encoder.encode(JSON.stringify({ batch })).map((byte) => (byte === 0x42 ? 0xff : byte));
    await expectSame(body, [await openEdge(), await openEdge()]);
  });

  it.each([
    ['an event near the largest', 'é'.repeat(15_000), 2, 1],
    ['an event over the largest', 'é'.repeat(17_000), 2, 1],
    ['an envelope that only fits by its UTF-8', 'é'.repeat(1_000), 40, 1_000],
    ['more than a part holds', 'é'.repeat(10_000), 40, 1],
  ])('so has %s', async (_, long, events, shared) => {
    const batch = Array.from({ length: events }, (_, index) => track({ messageId: `é${index}`, properties: { long } }));
    const body = encoder.encode(JSON.stringify({ batch, context: { shared: 'é'.repeat(shared) } }));
    await expectSame(body, [await openEdge(), await openEdge()]);
  });
});
