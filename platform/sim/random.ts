import type { Random } from '../ports.ts';

export interface SeededRandom extends Random {
  /** A whole number from 0 up to, but not including, `limit`. */
  below(limit: number): number;
}

/** The same seed gives the same row of values. The generator is splitmix32. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit);
  return { below, hex: (digits) => Array.from({ length: digits }, () => below(16).toString(16)).join('') };
}
