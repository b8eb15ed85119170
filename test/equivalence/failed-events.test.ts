/** Whatever is sent wrong: the answer says so, the good neighbours are stored, and what was refused can be read back. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode } from '../../schemas/errors.ts';
import { FAILED_BYTES_CUT } from '../../schemas/pack.ts';
import { type JoinedApp, KEYS, openJoined } from './joined.ts';
import { timelineOf } from './views.ts';

interface Failed {
  readonly code: ErrorCode;
  /** What the view gives back. */
  readonly body: string;
  /** Length of what was sent, where the body is not all of it; null where it was not read to its end. */
  readonly bytes?: number | null;
  /** Of what was sent, where the body is only its start. */
  readonly sha256?: string;
}

interface Case {
  readonly path: string;
  readonly body: string | Uint8Array;
  readonly headers?: Record<string, string>;
  /** HTTP status and, unless it is 200, the code of the whole answer. */
  readonly answer: [200] | [number, ErrorCode];
  readonly rejected?: readonly ErrorCode[];
  readonly warnings?: readonly ErrorCode[];
  readonly failed: readonly Failed[];
  /** Users of the events that were stored. */
  readonly stored: readonly string[];
}

const good = (user: string, more: object = {}): object => ({ type: 'track', event: 'Clicked', userId: user, ...more });
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A body of which nothing can be read: it is the failed event. */
function whole(body: string | Uint8Array, code: ErrorCode, more: Partial<Case> = {}): Case {
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  const answer: [number, ErrorCode] = [ERRORS[code].http, code];
  return { path: '/v1/batch', body, answer, failed: [{ code, body: text, bytes }], stored: [], ...more };
}

/** Bad events between two good ones. */
function among(events: readonly unknown[], codes: readonly ErrorCode[], more: Partial<Case> = {}): Case {
  return {
    path: '/v1/batch',
    body: JSON.stringify({ batch: [good('first'), ...events, good('last')] }),
    answer: [200],
    rejected: codes,
    failed: codes.map((code, index) => ({ code, body: JSON.stringify(events[index]) })),
    stored: ['first', 'last'],
    ...more,
  };
}

/** One event that is refused. */
function single(path: string, event: object, code: ErrorCode): Case {
  const body = JSON.stringify(event);
  return { path, body, answer: [400, code], rejected: [code], failed: [{ code, body }], stored: [] };
}

/** An event of about so many bytes. */
const large = (bytes: number): object => good('large', { properties: { text: 'x'.repeat(bytes) } });
const cut = (text: string): Omit<Failed, 'code'> => ({
  body: text.slice(0, FAILED_BYTES_CUT),
  bytes: text.length,
  sha256: sha256(text),
});

const GZIPPED = gzipSync(JSON.stringify({ batch: [good('a'), good('b')] }));
const FIVE_MB = JSON.stringify({ batch: Array.from({ length: 1_000 }, () => large(5_200)) });

const CASES: Record<string, Case> = {
  'JSON that breaks off': whole('{"batch":[{"type":"track"', 'body_not_json'),
  'text that is no JSON': whole('batch=1&user=ada', 'body_not_json'),
  'bytes that are no text': whole(Uint8Array.of(0xff, 0xfe, 0x00, 0x80), 'body_not_json'),
  'gzip that is cut short': whole(GZIPPED.subarray(0, GZIPPED.length - 12), 'body_gzip_broken'),
  'gzip that is none': whole('not gzip', 'body_gzip_broken', { headers: { 'content-encoding': 'gzip' } }),
  'gzip that inflates beyond 16 MB': whole(gzipSync(new Uint8Array(17_000_000)), 'body_inflates_too_large'),
  'an empty body': whole('', 'body_empty'),
  'a list in place of an object': whole('[{"type":"track"}]', 'body_not_object'),
  'a batch that is not there': whole('{"events":[]}', 'batch_missing'),
  'a batch that is empty': whole('{"batch":[]}', 'batch_empty'),
  'a batch of 2,501 events': whole(JSON.stringify({ batch: Array(2_501).fill({}) }), 'batch_too_long'),
  'a body of 5 MB that says so': whole(FIVE_MB, 'body_too_large', {
    headers: { 'content-length': String(FIVE_MB.length) },
    failed: [{ code: 'body_too_large', body: '', bytes: FIVE_MB.length }],
  }),
  'a body of 5 MB that does not say so': whole(FIVE_MB, 'body_too_large', {
    // Its length is not known: reading stops at the limit.
    failed: [{ code: 'body_too_large', body: FIVE_MB.slice(0, FAILED_BYTES_CUT), bytes: null }],
  }),
  'an unreadable body on the path of one event': whole('{', 'body_not_json', { path: '/v1/track' }),

  'an event of 40 KB in a batch': among([large(40_000)], ['event_too_large']),
  'an event of 80 KB in a batch': among([large(80_000)], ['event_too_large'], {
    failed: [{ code: 'event_too_large', ...cut(JSON.stringify(large(80_000))) }],
  }),
  'an event of 40 KB alone': single('/v1/track', large(40_000), 'event_too_large'),
  'events that are no objects': among([null, 5, 'text', []], Array<ErrorCode>(4).fill('event_not_object')),
  'types that are none': among(
    [{ userId: 'a' }, { type: null, userId: 'a' }, { type: 'purchase', userId: 'a' }, { type: ['track'], userId: 'a' }],
    ['type_missing', 'type_missing', 'type_unknown', 'type_unknown'],
  ),
  'ids that are null or empty': among(
    [good('', { anonymousId: null }), { type: 'page', userId: null }, { type: 'screen', anonymousId: '' }],
    Array<ErrorCode>(3).fill('user_missing'),
  ),
  'ids of the wrong type': among(
    [good('a', { userId: {} }), good('a', { anonymousId: [] }), good('a', { userId: true }), good('u'.repeat(513))],
    Array<ErrorCode>(4).fill('user_id_invalid'),
  ),
  'message ids of the wrong type': among(
    [good('a', { messageId: {} }), good('a', { messageId: 'm'.repeat(257) })],
    ['message_id_invalid', 'message_id_invalid'],
  ),
  'fields of the wrong type': among(
    [
      good('a', { event: 5 }),
      good('a', { event: null }),
      good('a', { properties: 'x' }),
      good('a', { traits: [] }),
      good('a', { context: 7 }),
      { type: 'page', userId: 'a', name: {} },
    ],
    [
      'name_invalid',
      'event_name_missing',
      'properties_not_object',
      'traits_not_object',
      'context_not_object',
      'name_invalid',
    ],
  ),
  'group and alias without their ids': among(
    [
      { type: 'group', userId: 'a', groupId: '' },
      { type: 'alias', userId: 'a', previousId: null },
      { type: 'alias', anonymousId: 'a', previousId: 'b' },
    ],
    ['group_id_missing', 'previous_id_missing', 'user_id_missing'],
  ),
  'a refused event alone': single('/v1/identify', { userId: null, traits: { plan: 'pro' } }, 'user_missing'),
  'lone surrogates in a refused event': among([{ type: 'track', event: '\ud83d' }], ['user_missing']),

  'lone surrogates in good events': {
    ...among([good('\udc00', { event: '\ud83d', properties: { '\ud800': 'a\udfff' } })], []),
    stored: ['first', '\ufffd', 'last'],
  },
  'the years 1970 and 2999': {
    ...among([good('old', { timestamp: '1970-01-01' }), good('new', { timestamp: '2999-12-31T23:59:59Z' })], []),
    warnings: ['timestamp_too_old', 'timestamp_in_future'],
    stored: ['first', 'old', 'new', 'last'],
  },
  'an import of 1970': {
    ...among([good('ancient', { timestamp: '1970-01-01T00:00:00Z' })], []),
    path: '/v1/import',
    headers: { 'x-write-key': KEYS.server },
    stored: ['first', 'ancient', 'last'],
  },
};

const names = Object.keys(CASES);
const MINUTE_MS = 60_000;

let app: JoinedApp;
const answers = new Map<string, { status: number; body: unknown }>();
const failed = new Map<string, unknown[]>();
const stored = new Map<string, unknown[]>();

/** All of them a minute apart, which tells their rows apart. */
beforeAll(async () => {
  app = await openJoined();
  const start = app.sim.clock.now();
  for (const [name, { path, body, headers }] of Object.entries(CASES)) {
    await app.sim.clock.advance(MINUTE_MS);
    const sent = typeof body === 'string' ? body : new Uint8Array(body);
    const response = await app.post(path, sent, { 'x-write-key': KEYS.shop, ...headers });
    answers.set(name, { status: response.status, body: await response.json() });
  }
  await app.drain();
  await app.central();
  const order = 'order by received_at, pack_id, pack_index';
  const minute = `epoch_ms(received_at)::DOUBLE as received_at`;
  for (const [rows, into] of [
    [
      await app.select(`select ${minute}, verdict_code, body, body_bytes, body_sha256 from failed_events ${order}`),
      failed,
    ],
    [await app.select(`select ${minute}, user_key from events ${order}`), stored],
  ] as const) {
    for (const name of names) into.set(name, []);
    for (const row of rows) {
      const [receivedAt, ...values] = Array.isArray(row) ? row : [];
      into.get(names[(Number(receivedAt) - start) / MINUTE_MS - 1] ?? '')?.push(values);
    }
  }
});
afterAll(() => app.close());

describe.each(names)('%s', (name) => {
  const expected = CASES[name];
  if (expected === undefined) throw new Error(`no case ${name}`);

  it('the answer tells the truth', () => {
    const [status, code] = expected.answer;
    const answer = answers.get(name);
    expect(answer?.status).toBe(status);
    if (code !== undefined) expect(answer?.body).toMatchObject({ success: false, code, message: ERRORS[code].text });
    const codesOf = (list: string): unknown =>
      Object(answer?.body)[list]?.map((finding: { code: unknown }) => finding.code);
    if (expected.rejected !== undefined) expect(codesOf('rejected')).toEqual(expected.rejected);
    if (expected.warnings !== undefined)
      expect(codesOf('warnings')).toEqual(expect.arrayContaining([...expected.warnings]));
    if (status === 200) expect(Object(answer?.body).accepted).toBe(expected.stored.length);
  });

  it('what was refused is read back, and the rest is stored', () => {
    expect(failed.get(name)).toEqual(
      expected.failed.map(({ code, body, bytes, sha256 }) => [
        code,
        body,
        bytes === null ? expect.any(Number) : (bytes ?? Buffer.byteLength(body)),
        sha256 ?? null,
      ]),
    );
    expect(stored.get(name)).toEqual(expected.stored.map((user) => [user]));
  });
});

describe('good events at the edge of what can be', () => {
  it('one of 1970 that a public key sent lies at its arrival, an imported one in 1970', async () => {
    const [old, ancient] = [await timelineOf(app, 'old'), await timelineOf(app, 'ancient')];
    expect([old[0]?.split(' ')[0]?.length, ancient[0]?.split(' ')[0]]).toEqual([13, '0']);
  });

  it('one with lone surrogates is in the timeline, each of them as U+FFFD', async () => {
    expect(await timelineOf(app, '\ufffd')).toHaveLength(1);
  });

  it('a failed event is in no timeline', async () => {
    expect(await timelineOf(app, 'large')).toEqual([]);
  });
});

it('a request under a wrong key leaves nothing behind', async () => {
  const response = await app.post('/v1/batch', '{', { 'x-write-key': 'nobody' });
  expect(response.status).toBe(401);
  expect(app.sim.queue.waiting).toBe(0);
});
