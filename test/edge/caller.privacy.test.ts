import { describe, expect, it } from 'vitest';
import { callerOf, cleanIp } from '../../edge/accept/caller.ts';
import { openEdge, post, track } from './support.ts';

describe('cleanIp', () => {
  it.each([
    ['203.0.113.77', '203.0.113.0'],
    ['::ffff:203.0.113.77', '203.0.113.0'],
    ['2001:db8:85a3:8d3:1319:8a2e:370:7348', '2001:db8:85a3::'],
    ['2001:DB8::1', '2001:db8::'],
    ['::1', '0::'],
    ['fe80::1:2:3:4:5', 'fe80::'],
    ['1::2:3:4:5:6:7', '1:0:2::'],
  ])('anonymises %s to %s', (address, expected) => {
    expect(cleanIp(address, true)).toBe(expected);
  });

  it.each(['203.0.113.77', '2001:db8::1'])('leaves %s alone where it may', (address) => {
    expect(cleanIp(address, false)).toBe(address);
  });

  it.each(['', 'unknown', 'localhost:80', '<script>', '1.2.3', 'a'.repeat(500)])(
    'takes no %j for an address',
    (address) => {
      expect(cleanIp(address, false)).toBeNull();
    },
  );
});

describe('callerOf', () => {
  const request = (headers: Record<string, string>): Request => post('/v1/track', track(), headers);

  it('a proxy that names the caller goes before the other end of the connection', () => {
    const headers = { 'cf-connecting-ip': '203.0.113.77' };
    expect(callerOf(request(headers), () => '10.0.0.1', true)).toEqual({ ip: '203.0.113.0' });
    expect(callerOf(request({}), () => '10.0.0.1', true)).toEqual({ ip: '10.0.0.0' });
    expect(callerOf(request({}), () => null, true)).toEqual({});
  });

  it('takes the place from the platform, and only text', () => {
    const placed = Object.assign(request({ 'user-agent': 'x'.repeat(600) }), {
      cf: { country: 'DE', region: 7, city: '' },
    });
    expect(callerOf(placed, () => null, true)).toEqual({ userAgent: 'x'.repeat(512), country: 'DE' });
  });

  it('the whole address is kept only where that is configured', async () => {
    const edge = await openEdge({ anonymize_ip: false });
    await edge.post('/v1/track', track(), { 'cf-connecting-ip': '203.0.113.77' });
    expect((await edge.rows()).map(({ ip }) => ip)).toEqual(['203.0.113.77']);
  });
});
