import { randomBytes } from 'node:crypto';
import { constants, zstdCompressSync } from 'node:zlib';
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

export const zstdCompressor: Compressor = {
  name: 'zstd',
  compress: (bytes) => zstdCompressSync(bytes, LEVEL_1),
};
