import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePack, encodePack, type Pack, type Part } from '../../edge/enqueue/pack.ts';
import { zstdCompressor } from '../../platform/bun/system.ts';
import type { Compressor } from '../../platform/ports.ts';
import { EVENT_TYPES } from '../../schemas/event.ts';
import { packId } from '../../schemas/pack.ts';

const gzip: Compressor = { name: 'gzip', compress: (bytes) => gzipSync(bytes, { level: 1 }) };

const bodies = fc.uint8Array({ maxLength: 5_000 });
const optional = { sentAt: fc.string(), oldest: fc.integer(), skewMs: fc.nat(), ip: fc.string(), city: fc.string() };
const flags = { secret: fc.constant(true as const) };
const stamps = fc.record(
  { source: fc.string({ unit: 'grapheme' }), receivedAt: fc.nat(), ...optional, ...flags },
  {
    requiredKeys: ['source', 'receivedAt'],
  },
);

const part: fc.Arbitrary<Part> = fc
  .tuple(bodies, stamps, fc.constantFrom('single', 'batch', 'raw'), fc.constantFrom(...EVENT_TYPES), fc.boolean())
  .map(([body, stamps, form, type, bad]) => ({
    header: {
      bytes: body.length,
      form,
      count: form === 'batch' ? 3 : 1,
      ...(form === 'single' && { type }),
      ...stamps,
      ...(bad && { verdicts: [[0, 'event_not_object']] }),
      ...(form === 'raw' && { original: { bytes: body.length } }),
    },
    body,
  }));

const pack: fc.Arbitrary<Pack> = fc.array(part, { maxLength: 5 }).map((parts) => {
  const events = parts.reduce((sum, { header }) => sum + header.count, 0);
  const rejected = parts.filter(({ header }) => header.verdicts !== undefined).length;
  return { header: { format: 1, id: packId('0123456789abcde', 7), accepted: events - rejected, rejected }, parts };
});

describe('encodePack and decodePack', () => {
  it.each([
    ['plain', null],
    ['gzip', gzip],
    ['zstd', zstdCompressor],
  ])('a pack sent %s comes out as it went in', (_, compressor) => {
    fc.assert(
      fc.property(pack, (sent) => {
        const { header, parts } = decodePack(encodePack(sent, compressor));
        expect(header).toEqual(sent.header);
        expect(parts.map((part) => part.header)).toEqual(sent.parts.map((part) => part.header));
        expect(parts.map((part) => [...part.body])).toEqual(sent.parts.map((part) => [...part.body]));
      }),
      { numRuns: 50 },
    );
  });

  it('only what gets smaller is compressed', () => {
    const noise: Part = {
      header: { bytes: 5_000, form: 'raw', count: 1, source: 's', receivedAt: 1, original: { bytes: 5_000 } },
      body: crypto.getRandomValues(new Uint8Array(5_000)),
    };
    const sent: Pack = {
      header: { format: 1, id: packId('0123456789abcde', 0), accepted: 1, rejected: 0 },
      parts: [noise],
    };
    expect(encodePack(sent, gzip)[0]).toBe('{'.charCodeAt(0));
    expect(encodePack({ ...sent, parts: [{ ...noise, body: new Uint8Array(5_000) }] }, gzip)[0]).toBe(0x1f);
  });
});

describe('decodePack', () => {
  const header = { format: 1, id: packId('0123456789abcde', 7), accepted: 1, rejected: 0 };
  const single = { bytes: 2, form: 'single', count: 1, source: 's', receivedAt: 1 };
  const bytesOf = (head: unknown, part: unknown, body = '{}', end = '\n'): Uint8Array =>
    new TextEncoder().encode(`${JSON.stringify(head)}\n${JSON.stringify(part)}\n${body}${end}`);

  it('takes the pack that the broken ones below are made from', () => {
    expect(decodePack(bytesOf(header, single)).parts).toHaveLength(1);
  });

  it.each<[string, Uint8Array]>([
    ['nothing at all', new Uint8Array(0)],
    ['no JSON', new TextEncoder().encode('hello\n')],
    ['a format of the future', bytesOf({ ...header, format: 2 }, single)],
    ['an id that is no pack id', bytesOf({ ...header, id: crypto.randomUUID().replace(/-./, '-4') }, single)],
    ['counts that do not add up', bytesOf({ ...header, accepted: 2 }, single)],
    ['a rejection that is counted as accepted', bytesOf(header, { ...single, verdicts: [[0, 'type_missing']] })],
    ['an unknown verdict', bytesOf(header, { ...single, verdicts: [[0, 'nonsense']] })],
    ['a verdict on an event that is not there', bytesOf(header, { ...single, verdicts: [[1, 'message_id_missing']] })],
    ['a body that is too short', bytesOf(header, { ...single, bytes: 3 })],
    ['a body that is too long', bytesOf(header, { ...single, bytes: 1 })],
    ['no line end', bytesOf(header, single, '{}', '')],
    ['no source', bytesOf(header, { ...single, source: undefined })],
    ['an unknown form', bytesOf(header, { ...single, form: 'many' })],
    ['two events in a single', bytesOf(header, { ...single, count: 2 })],
    ['a raw part that does not say what it was', bytesOf(header, { ...single, form: 'raw' })],
    ['a bomb', new Uint8Array(gzipSync(new Uint8Array(600_000)))],
    ['a gzip stream that is cut', new Uint8Array(gzipSync(bytesOf(header, single)).subarray(0, 30))],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodePack(bytes)).toThrow();
  });
});
