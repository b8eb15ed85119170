import { randomBytes } from 'node:crypto';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import * as bun from '../../platform/bun/system.ts';
import * as cloudflare from '../../platform/cloudflare/system.ts';

describe('system ports', () => {
  it('give as many hex digits as asked for, and others each time', () => {
    for (const { systemRandom } of [bun, cloudflare]) {
      for (const digits of [1, 7, 32]) expect(systemRandom.hex(digits)).toMatch(new RegExp(`^[0-9a-f]{${digits}}$`));
      expect(systemRandom.hex(32)).not.toBe(systemRandom.hex(32));
    }
  });

  it('sleep by the clock, in whole milliseconds', async () => {
    for (const { systemClock } of [bun, cloudflare]) {
      const before = systemClock.now();
      await systemClock.sleep(5);
      expect(systemClock.now()).toBeGreaterThan(before);
      expect(Number.isInteger(before)).toBe(true);
    }
  });

  it('compress to what a reader takes back, also bytes that do not get smaller', () => {
    for (const bytes of [new Uint8Array(), new TextEncoder().encode('a'.repeat(9_999)), randomBytes(200_000)]) {
      for (const compressor of [bun.zstdCompressor, cloudflare.workerdCompressor]) {
        const inflate = compressor.name === 'zstd' ? zstdDecompressSync : gunzipSync;
        expect(Buffer.compare(inflate(compressor.compress(bytes)), bytes)).toBe(0);
      }
    }
  });
});
