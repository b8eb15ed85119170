import { expect, it } from 'vitest';
import { LoadShare } from '../../platform/bun/load-share.ts';

/** A second each: the share of it in which there was work. */
function sharesOf(seconds: readonly number[]): number[] {
  const load = new LoadShare({ at_ms: 1_000, busy_ms: 500 });
  let busy_ms = 500;
  return seconds.map((share, index) => {
    busy_ms += share * 1_000;
    return load.add({ at_ms: 2_000 + index * 1_000, busy_ms });
  });
}

it('nears what the last seconds were like, and a single busy second is not much', () => {
  expect(sharesOf([1, 0]).map((share) => share.toFixed(2))).toEqual(['0.20', '0.16']);
  expect(sharesOf(Array(20).fill(0.9)).at(-1)).toBeCloseTo(0.9, 1);
  expect(sharesOf([...Array(20).fill(1), ...Array(20).fill(0)]).at(-1)).toBeLessThan(0.02);
});

it('a reading at the same moment changes nothing', () => {
  const load = new LoadShare({ at_ms: 0, busy_ms: 0 });
  const share = load.add({ at_ms: 1_000, busy_ms: 500 });
  expect(load.add({ at_ms: 1_000, busy_ms: 500 })).toBe(share);
});
