import { expect, test } from 'vitest';
import type { PartHeader } from '../../schemas/pack.ts';
import { RECEIVED_AT, trackRow } from './packs.ts';

const SECRET: Partial<PartHeader> = { secret: true };
const retraction = (properties: object): object => ({
  event: 'Event Retracted',
  messageId: 'r1',
  timestamp: '2026-07-01T11:00:00Z',
  properties,
});

test('a retraction names the event it takes back, and stands apart from the events of its user and its day', () => {
  expect(trackRow(retraction({ message_id: 'm7', reason: 'test order' }), SECRET)).toMatchObject({
    type: 'retraction',
    event: 'Event Retracted',
    message_id: 'r1',
    source: 'shop',
    name: 'shop',
    previous_id: 'm7',
    timestamp: 0,
    original_timestamp: RECEIVED_AT - 3_600_000,
    received_at: RECEIVED_AT,
    properties: '{"message_id":"m7","reason":"test order"}',
  });
});

test('it may name an event of another source, and any text as an id', () => {
  const row = trackRow(retraction({ message_id: 'a\ud83d', source: 'web' }), SECRET);
  expect([row.name, row.previous_id]).toEqual(['web', 'a\ufffd']);
});

test('without a secret key it is a failed event, whatever the edge that took it in let pass', () => {
  expect(trackRow(retraction({ message_id: 'm7' }))).toMatchObject({
    type: 'failed',
    verdict_code: 'retraction_forbidden',
  });
  expect(trackRow(retraction({}), SECRET)).toMatchObject({ type: 'failed', verdict_code: 'retraction_target_missing' });
  expect(trackRow({ event: 'event retracted' })).toMatchObject({ type: 'track' });
});
