/** Every code that the edge may give is given by some request. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode, InletError } from '../../schemas/errors.ts';
import { basic, openEdge, PUBLIC_KEY, post, REVOKED_KEY, SECRET_KEY, track } from './support.ts';

const authorization = basic(PUBLIC_KEY);
const large = 'x'.repeat(40_000);

/** Requests that fail as a whole. */
const REQUESTS: Partial<Record<ErrorCode, () => Request>> = {
  write_key_missing: () => post('/v1/track', track()),
  write_key_unknown: () => post('/v1/track', track(), { authorization: basic(REVOKED_KEY) }),
  secret_key_required: () => post('/v1/import', track(), { authorization }),
  path_unknown: () => post('/v2/track', track()),
  method_not_allowed: () => new Request('http://inlet.test/v1/batch'),
  body_empty: () => post('/v1/track', '', { authorization }),
  body_too_large: () => post('/v1/batch', 'x'.repeat(5_000_000), { authorization }),
  body_inflates_too_large: () =>
    post('/v1/batch', new Uint8Array(gzipSync(new Uint8Array(20_000_000))), { authorization }),
  body_gzip_broken: () => post('/v1/batch', '{}', { authorization, 'content-encoding': 'gzip' }),
  body_not_json: () => post('/v1/track', '{', { authorization }),
  body_not_object: () => post('/v1/track', '"track"', { authorization }),
  batch_missing: () => post('/v1/batch', track(), { authorization }),
  batch_empty: () => post('/v1/batch', { batch: [] }, { authorization }),
  batch_too_long: () => post('/v1/batch', { batch: Array.from({ length: 2_501 }, () => 0) }, { authorization }),
};

/** Events, each with the code it gets in a batch. */
const EVENTS: Partial<Record<ErrorCode, unknown[]>> = {
  event_not_object: [null, 7, 'track', [], true],
  event_too_large: [
    track({ properties: { large } }),
    track({ properties: { list: Array.from({ length: 9_000 }, () => 'ab') } }),
  ],
  type_missing: [track({ type: undefined }), track({ type: null }), track({ type: '' })],
  type_unknown: [track({ type: 'Track' }), track({ type: 7 }), track({ type: 'failed' }), track({ type: 'toString' })],
  user_missing: [track({ userId: null }), track({ userId: '' }), track({ userId: undefined, anonymousId: '' })],
  user_id_invalid: [
    track({ userId: {} }),
    track({ userId: false }),
    track({ userId: 'x'.repeat(513) }),
    track({ anonymousId: [] }),
    track({ anonymousId: 'x'.repeat(513) }),
  ],
  event_name_missing: [track({ event: undefined }), track({ event: '' }), track({ event: null })],
  group_id_missing: [
    track({ type: 'group' }),
    track({ type: 'group', groupId: '' }),
    track({ type: 'group', groupId: {} }),
  ],
  previous_id_missing: [track({ type: 'alias' }), track({ type: 'alias', previousId: null })],
  user_id_missing: [track({ type: 'alias', userId: '', anonymousId: 'a', previousId: 'p' })],
  message_id_invalid: [track({ messageId: {} }), track({ messageId: 'x'.repeat(257) }), track({ messageId: true })],
  name_invalid: [track({ event: 7 }), track({ event: 'x'.repeat(1_025) }), track({ type: 'page', name: {} })],
  properties_not_object: [track({ properties: [] }), track({ properties: 'x' }), track({ properties: 3 })],
  traits_not_object: [
    track({ type: 'identify', traits: 'x' }),
    track({ type: 'identify', context: { traits: [] } }),
    track({ type: 'group', groupId: 'g', traits: 7 }),
  ],
  context_not_object: [track({ context: 'x' }), track({ context: [] })],
  retraction_forbidden: [
    track({ event: 'Event Retracted', properties: { message_id: 'm1' } }),
    track({ event: 'Event Retracted' }),
  ],
  retraction_target_missing: [
    track({ event: 'Event Retracted' }),
    track({ event: 'Event Retracted', properties: { message_id: '' } }),
    track({ event: 'Event Retracted', properties: { message_id: 7 } }),
    track({ event: 'Event Retracted', properties: { message_id: 'x'.repeat(257) } }),
    track({ event: 'Event Retracted', properties: { message_id: 'm1', source: ['shop'] } }),
  ],
  message_id_missing: [track({ messageId: undefined }), track({ messageId: null }), track({ messageId: '' })],
  timestamp_unreadable: [track({ timestamp: 'soon' }), track({ timestamp: 7 }), track({ timestamp: '2026-13-45' })],
  timestamp_in_future: [track({ timestamp: '2999-01-01T00:00:00Z' }), track({ originalTimestamp: '2999-01-01' })],
  timestamp_too_old: [track({ timestamp: '1970-01-01T00:00:00Z' }), track({ timestamp: '2026-05-01' })],
};

/** What a public key is refused before. */
const SECRET_ONLY: readonly string[] = ['retraction_target_missing'];

/** Failures of what stands behind the edge. */
const FAULTS: Partial<Record<ErrorCode, { answer: () => ReturnType<typeof openEdge>; retryAfter: string | null }>> = {
  queue_full: { answer: () => failing(new InletError('queue_full')), retryAfter: '5' },
  queue_failing: { answer: () => failing(new InletError('queue_failing')), retryAfter: '5' },
  internal: { answer: () => failing(new Error('a fault of ours')), retryAfter: null },
  authority_away: { answer: awayEdge, retryAfter: '5' },
};

function failing(error: Error): ReturnType<typeof openEdge> {
  return openEdge({}, () => ({ enqueue: { enqueue: () => Promise.reject(error) } }));
}

function awayEdge(): ReturnType<typeof openEdge> {
  const prepare = (): never => {
    throw new Error('D1 is away');
  };
  return openEdge({}, ({ control }) => ({ control: { prepare, batch: control.batch } }));
}

describe('every code of the edge', () => {
  it('is given by a case below', () => {
    const given = [...Object.keys(REQUESTS), ...Object.keys(EVENTS), ...Object.keys(FAULTS)];
    const ofEdge = Object.entries(ERRORS).filter(([, { scope }]) => scope !== 'query');
    expect(given.toSorted()).toEqual(ofEdge.map(([code]) => code).toSorted());
  });

  it.each(Object.entries(REQUESTS))('%s fails the request', async (code, request) => {
    const edge = await openEdge();
    const response = await edge.fetch(request());
    expect(await response.json()).toMatchObject({ success: false, code });
    expect(ERRORS).toHaveProperty([code, 'http'], response.status);
  });

  it.each(Object.entries(EVENTS))('%s is the verdict on each of its events', async (code, events) => {
    const edge = await openEdge();
    const key = SECRET_ONLY.includes(code) ? SECRET_KEY : PUBLIC_KEY;
    const response = await edge.post('/v1/batch', { batch: events }, { authorization: basic(key) });
    const answer: unknown = await response.json();
    const findings = events.map((_, index) => expect.objectContaining({ index, code }));
    const warning = Object.entries(ERRORS).some(([name, { scope }]) => name === code && scope === 'warning');
    expect(answer).toMatchObject(
      warning
        ? { success: true, accepted: events.length, rejected: [], warnings: findings }
        : { success: true, accepted: 0, rejected: findings },
    );
    expect((await edge.rows()).map(({ verdict_code }) => verdict_code)).toEqual(events.map(() => code));
  });

  it.each(Object.entries(FAULTS))(
    '%s says whether to send again, and nothing of its cause',
    async (code, { answer, retryAfter }) => {
      const edge = await answer();
      const response = await edge.post('/v1/track', track());
      expect(ERRORS).toHaveProperty([code, 'http'], response.status);
      expect(response.headers.get('retry-after')).toBe(retryAfter);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      const text = await response.text();
      expect(text).toContain(code);
      expect(text).not.toMatch(/fault of ours|D1/);
      expect(edge.faults).toHaveLength(code === 'internal' ? 1 : 0);
    },
  );
});
