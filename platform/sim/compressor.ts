import { gzipSync } from 'node:zlib';
import type { Compressor } from '../ports.ts';

/** The one that every runtime has. */
export const gzipCompressor: Compressor = { name: 'gzip', compress: (bytes) => gzipSync(bytes, { level: 1 }) };
