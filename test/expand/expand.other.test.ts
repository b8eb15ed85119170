import { describe, expect, it } from 'vitest';
import { otherText } from '../../edge/expand/other.ts';

const parsed = (text: string | null): unknown => (text === null ? null : JSON.parse(text));

describe('other keys of an event', () => {
  it('an event of known keys leaves nothing over, and the write key is dropped', () => {
    const event = {
      type: 'track',
      event: 'Seen',
      userId: 'ada',
      properties: {},
      writeKey: 'wk',
      timestamp: 'x',
      sentAt: 'y',
    };
    expect(otherText(event, 'track', null)).toBeNull();
  });

  it('whatever else was sent is kept whole, a key called __proto__ too', () => {
    const event: unknown = JSON.parse('{"channel":"web","_metadata":{"a":[1,null]},"__proto__":{"b":2},"name":"n"}');
    expect(otherText(Object(event), 'track', null)).toBe(
      '{"channel":"web","_metadata":{"a":[1,null]},"__proto__":{"b":2},"name":"n"}',
    );
  });

  it('a name is held by a column only for the types that have one', () => {
    expect(parsed(otherText({ name: 'Home', event: 'e' }, 'page', null))).toEqual({ event: 'e' });
  });

  it('integrations of the batch hold where the own ones say nothing', () => {
    const event = { integrations: { All: true, Mail: false } };
    expect(parsed(otherText(event, 'track', { All: false, Chat: true }))).toEqual({
      integrations: { All: true, Chat: true, Mail: false },
    });
    expect(parsed(otherText({}, 'track', { All: false }))).toEqual({ integrations: { All: false } });
  });
});
