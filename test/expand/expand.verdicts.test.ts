import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unreadablePack } from '../../edge/expand/unreadable.ts';
import {
  ERRORS,
  type ErrorCode,
  type EventCode,
  isErrorCode,
  type RequestCode,
  type WarningCode,
} from '../../schemas/errors.ts';
import type { PartHeader } from '../../schemas/pack.ts';
import { expandParts, PACK_ID, part, RECEIVED_AT, trackRow } from './packs.ts';

type VerdictCode = EventCode | RequestCode | WarningCode;

const isVerdictCode = (code: ErrorCode): code is VerdictCode => ERRORS[code].scope !== 'query';
const CODES = Object.keys(ERRORS).filter(isErrorCode).filter(isVerdictCode);

const event = (index: number) => ({ type: 'track', event: 'Clicked', userId: 'ada', messageId: `m${index}` });

test('in a batch with every verdict, warnings are stored and the rest become failed events', () => {
  const batch = [...CODES, null].map((_, index) => event(index));
  const verdicts = CODES.map((code, index): [number, VerdictCode] => [index, code]);
  const rows = expandParts(part('batch', { batch }, { count: batch.length, verdicts }));

  expect(rows).toHaveLength(CODES.length + 1);
  rows.forEach((row, index) => {
    const code = CODES[index] ?? null;
    expect(row.pack_index).toBe(index);
    expect(row.verdict_code).toBe(code);
    if (code === null || ERRORS[code].scope === 'warning') {
      expect(row).toMatchObject({ type: 'track', message_id: `m${index}`, user_key: 'ada', body: null });
      expect(row.verdict).toBe(code === null ? 'ok' : 'warning');
    } else {
      expect(row).toMatchObject({
        type: 'failed',
        message_id: `${PACK_ID}/${index}`,
        user_id: null,
        user_key: '',
        timestamp: RECEIVED_AT,
        verdict: 'rejected',
        body: JSON.stringify(event(index)),
        body_bytes: JSON.stringify(event(index)).length,
        body_sha256: null,
      });
    }
  });
});

test('pack_index counts over all parts, and a part that yields one row for a broken batch shifts nothing', () => {
  const rows = expandParts(
    part('batch', { batch: [event(0), event(1)] }, { count: 2 }),
    part('batch', '{"batch":[', { count: 7 }),
    part('raw', 'no json', { verdicts: [[0, 'body_not_json']], original: { bytes: 7 } }),
    part('single', event(2), { type: 'track' }),
  );
  expect(rows.map((row) => [row.pack_index, row.type, row.verdict_code])).toEqual([
    [0, 'track', null],
    [1, 'track', null],
    [2, 'failed', 'body_not_json'],
    [3, 'failed', 'body_not_json'],
    [4, 'track', null],
  ]);
});

test('a failed single event keeps its body as it was sent', () => {
  const body = '{ "event" : "Clicked" }';
  const [row] = expandParts(part('single', body, { type: 'track', verdicts: [[0, 'user_missing']] }));
  expect(row).toMatchObject({ body, body_bytes: body.length, body_sha256: null });
});

test('a failed event of 64 KB is kept whole; a larger one is cut between characters, with length and hash', () => {
  const ofLength = (bytes: number) => `"${'x'.repeat(bytes - 2)}"`;
  const verdicts: PartHeader['verdicts'] = [[0, 'event_not_object']];
  const [whole] = expandParts(part('single', ofLength(65_536), { verdicts }));
  expect(whole).toMatchObject({ body: ofLength(65_536), body_bytes: 65_536, body_sha256: null });

  const [cut] = expandParts(part('single', ofLength(65_537), { verdicts }));
  expect(cut?.body).toBe(ofLength(65_537).slice(0, 32_768));
  expect(cut?.body_bytes).toBe(65_537);
  expect(cut?.body_sha256).toBe(createHash('sha256').update(ofLength(65_537)).digest('hex'));

  const [euros] = expandParts(part('single', `"${'€'.repeat(30_000)}"`, { verdicts }));
  expect(euros?.body).toBe(`"${'€'.repeat(10_922)}`);
});

test('a raw part keeps what the edge noted of the body that it cut', () => {
  const sha256 = 'ab'.repeat(32);
  const cut = new TextEncoder().encode('{"a":"€').subarray(0, -1);
  const [row] = expandParts(
    part('raw', cut, { verdicts: [[0, 'body_too_large']], original: { bytes: 5_000_000, sha256 } }),
  );
  expect(row).toMatchObject({ type: 'failed', body: '{"a":"', body_bytes: 5_000_000, body_sha256: sha256 });
});

test('bytes that are not UTF-8 become U+FFFD', () => {
  const bytes = Uint8Array.of(...new TextEncoder().encode('{"event":"Clicked","userId":"a'), 0xff, 0x22, 0x7d);
  expect(expandParts(part('single', bytes, { type: 'track' }))[0]?.user_id).toBe('a\ufffd');
  expect(expandParts(part('raw', Uint8Array.of(0xc0, 0x41), { original: { bytes: 2 } }))[0]?.body).toBe('\ufffdA');
});

test.each([
  ['no JSON', 'batch', '{', 'body_not_json'],
  ['no object', 'batch', '[1]', 'body_not_object'],
  ['no batch', 'batch', '{"batch":{}}', 'batch_missing'],
  ['an empty batch', 'batch', '{"batch":[]}', 'batch_empty'],
  ['an event that is no object', 'batch', '{"batch":[7]}', 'event_not_object'],
  ['an event of no known type', 'batch', '{"batch":[{"type":"../x"}]}', 'type_unknown'],
  ['a single event that is null', 'single', 'null', 'event_not_object'],
] as const)('a part that the edge should have refused, with %s, becomes one failed event', (_, form, body, code) => {
  const rows = expandParts(part(form, body, form === 'single' ? { type: 'track' } : {}));
  expect(rows.map((row) => [row.type, row.verdict_code])).toEqual([['failed', code]]);
});

test('an event nested deeper than a JSON writer can follow keeps its properties whole', () => {
  const deep = `${'['.repeat(15_000)}1${']'.repeat(15_000)}`;
  const body = `{"type":"track","event":"Clicked","userId":"ada","properties":{"deep":${deep}},"context":{"deep":${deep}}}`;
  const [row] = expandParts(part('batch', `{"batch":[${body}]}`));
  expect(row?.type).toBe('track');
  expect(row?.properties).toBe(`{"deep":${deep}}`);
  expect(row?.context).toBe(`{"deep":${deep}}`);
});

test('whatever the body is, expanding gives rows with indexes in order, twice the same', () => {
  const values = fc.oneof(fc.jsonValue(), fc.record({ batch: fc.array(fc.jsonValue()), context: fc.jsonValue() }));
  const names = fc.constantFrom(
    'userId',
    'anonymousId',
    'messageId',
    'properties',
    'traits',
    'context',
    'timestamp',
    'type',
  );
  const events = fc.dictionary(names, fc.oneof(fc.jsonValue(), fc.constant('track')));
  const bodies = fc.oneof(
    fc.uint8Array(),
    values.map((value) => JSON.stringify(value)),
    fc.array(events).map((batch) => JSON.stringify({ batch })),
  );
  fc.assert(
    fc.property(bodies, fc.constantFrom('single', 'batch', 'raw'), (body, form) => {
      const parts = [
        part(form, body, form === 'single' ? { type: 'page' } : {}),
        part('single', event(0), { type: 'track' }),
      ];
      const rows = expandParts(...parts);
      expect(rows.map((row) => row.pack_index)).toEqual(rows.map((_, index) => index));
      expect(rows.at(-1)?.message_id).toBe('m0');
      expect(expandParts(...parts)).toEqual(rows);
    }),
  );
});

test('ids are text: numbers are written out, empty ones are none, lone surrogates become U+FFFD', () => {
  expect(trackRow({ userId: 42, anonymousId: '', messageId: 7 })).toMatchObject({
    user_id: '42',
    anonymous_id: null,
    user_key: '42',
    message_id: '7',
  });
  expect(trackRow({ userId: null, anonymousId: 'a\ud83d' }).user_key).toBe('a\ufffd');
  expect(trackRow({ messageId: undefined }).message_id).toBe(`${PACK_ID}/0`);
});

test('a message that is no pack is kept whole, under an identity made from its content', () => {
  const message = Uint8Array.of(1, 2, 255);
  const sha256 = createHash('sha256').update(message).digest('hex');
  const row = unreadablePack(message, sha256, RECEIVED_AT);
  expect(row).toMatchObject({
    type: 'failed',
    source: '',
    verdict: 'rejected',
    body: 'AQL/',
    body_bytes: 3,
    body_sha256: sha256,
  });
  expect(row.pack_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(unreadablePack(message, sha256, RECEIVED_AT + 1).message_id).toBe(row.message_id);
});
