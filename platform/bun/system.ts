import { randomBytes } from 'node:crypto';
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

export const zstdCompressor: Compressor = {
  name: 'zstd',
  // Half the time of node:zlib for a small page, nine tenths for a large one.
  compress: (bytes) => Bun.zstdCompressSync(bytes, { level: 1 }),
};
