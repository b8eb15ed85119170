import { randomBytes } from 'node:crypto';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Clock, Compressor, Random } from '../ports.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

export const systemRandom: Random = {
  hex: (digits) =>
    randomBytes(Math.ceil(digits / 2))
      .toString('hex')
      .slice(0, digits),
};

const LEVEL_1 = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
const PROBE_BYTES = 65_536;

const zstd: Compressor = { name: 'zstd', compress: (bytes) => zstdCompressSync(bytes, LEVEL_1) };
const gzip: Compressor = { name: 'gzip', compress: (bytes) => gzipSync(bytes, { level: 1 }) };

let chosen: Compressor | null = null;

function choose(): Compressor {
  chosen ??= compressesNoise(zstd) ? zstd : gzip;
  return chosen;
}

/**
 * The best compressor that this runtime has. Some versions of workerd throw on zstd when the output outgrows one buffer, so the
 * first use tries it with bytes that do not compress. First use it inside a request: workerd has no randomness outside.
 */
export const workerdCompressor: Compressor = {
  get name() {
    return choose().name;
  },
  compress: (bytes) => choose().compress(bytes),
};

function compressesNoise(compressor: Compressor): boolean {
  try {
    return compressor.compress(randomBytes(PROBE_BYTES)).byteLength > 0;
  } catch {
    return false;
  }
}
