import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkEvent, isRejected } from '../../edge/check/envelope.ts';
import { isLargerThan, writeJson } from '../../edge/check/size.ts';
import { EVENT_TYPES } from '../../schemas/event.ts';
import { answerOf, openEdge, track } from './support.ts';

const limits = { event_bytes_max: 32_768, may_retract: false };
const stamps = { receivedAt: Date.UTC(2026, 6, 1), sentAt: null, oldest: null, skewMs: null };

/** Events that are right, nearly right, and not at all. */
const someEvent = fc.oneof(
  fc.jsonValue(),
  fc.record(
    {
      type: fc.oneof(fc.constantFrom(...EVENT_TYPES), fc.jsonValue()),
      userId: fc.oneof(fc.string(), fc.integer(), fc.jsonValue()),
      anonymousId: fc.jsonValue(),
      event: fc.oneof(fc.string(), fc.jsonValue()),
      messageId: fc.oneof(fc.uuid(), fc.jsonValue()),
      groupId: fc.jsonValue(),
      previousId: fc.jsonValue(),
      properties: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue()),
      traits: fc.jsonValue(),
      context: fc.jsonValue(),
      timestamp: fc.oneof(
        fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
        fc.jsonValue(),
      ),
      number: fc.nat(),
    },
    { requiredKeys: [] },
  ),
);

describe('any batch of JSON values', () => {
  it('gets one verdict an event, sent = accepted + rejected, and every event is a row in the order sent', async () => {
    const edge = await openEdge();
    await fc.assert(
      fc.asyncProperty(fc.array(someEvent, { minLength: 1, maxLength: 30 }), async (batch) => {
        const response = await edge.post('/v1/batch', { batch });
        const answer = await answerOf(response);
        expect(answer.accepted + answer.rejected.length).toBe(batch.length);
        const rows = await edge.rows();
        expect(rows).toHaveLength(batch.length);
        const refused = new Map(answer.rejected.map(({ index, code }) => [index, code]));
        const warned = new Map(answer.warnings.map(({ index, code }) => [index, code]));
        expect(refused.size).toBe(answer.rejected.length);
        rows.forEach((row, index) => {
          expect(row.type === 'failed').toBe(refused.has(index));
          expect(row.verdict_code).toBe(refused.get(index) ?? warned.get(index) ?? null);
          if (row.type === 'failed')
            expect(JSON.parse(row.body ?? '')).toEqual(JSON.parse(JSON.stringify(batch[index])));
        });
      }),
      { numRuns: 150 },
    );
  });

  it('is judged event by event: a neighbour changes nothing', () => {
    fc.assert(
      fc.property(someEvent, (event) => {
        const verdict = checkEvent(event, null, limits, stamps);
        expect(checkEvent(structuredClone(event), null, limits, stamps)).toBe(verdict);
      }),
    );
  });
});

describe('an accepted event', () => {
  it('has a type and somebody it belongs to', async () => {
    fc.assert(
      fc.property(someEvent, (event) => {
        if (isRejected(checkEvent(event, null, limits, stamps))) return;
        if (typeof event !== 'object' || event === null || Array.isArray(event))
          throw new Error('accepted a non-object');
        const { type, userId, anonymousId } = { type: null, userId: null, anonymousId: null, ...event };
        expect(EVENT_TYPES).toContain(type);
        expect(
          [userId, anonymousId].some((id) => typeof id === 'number' || (typeof id === 'string' && id !== '')),
        ).toBe(true);
      }),
    );
  });
});

describe('isLargerThan', () => {
  it('agrees with writing the JSON and counting its bytes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(400), (value, bytes_max) => {
        expect(isLargerThan(value, bytes_max)).toBe(Buffer.byteLength(JSON.stringify(value)) > bytes_max);
      }),
    );
  });

  it.each([
    ['just fits', 32_768, false],
    ['is one byte too large', 32_769, true],
  ])('an event that %s', (_, bytes, expected) => {
    const empty = Buffer.byteLength(JSON.stringify(track({ properties: { text: '' } })));
    const event = track({ properties: { text: 'x'.repeat(bytes - empty) } });
    expect(isLargerThan(event, limits.event_bytes_max)).toBe(expected);
  });

  it('nesting without end is large, and no crash', () => {
    const deep: unknown = JSON.parse('['.repeat(200_000) + ']'.repeat(200_000));
    expect(isLargerThan(deep, 32_768)).toBe(true);
    expect(writeJson(deep)).toBeNull();
  });
});
