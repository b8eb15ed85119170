import { expect, test } from 'vitest';
import { Histogram } from './histogram.ts';

test('quantiles are within 3% of the exact ones', () => {
  const histogram = new Histogram();
  for (let value = 1; value <= 100_000; value++) histogram.add(value);
  for (const share of [0.5, 0.9, 0.99]) expect(histogram.quantile(share) / (share * 100)).toBeCloseTo(1, 1);
  expect(Math.abs(histogram.quantile(0.99) / 99 - 1)).toBeLessThan(0.03);
  expect(histogram.max).toBe(100);
});

test('no quantile passes the largest value, and an empty histogram says 0', () => {
  const histogram = new Histogram();
  expect([histogram.quantile(0.5), histogram.max]).toEqual([0, 0]);
  histogram.add(1_000);
  expect(histogram.quantile(0.99)).toBeLessThanOrEqual(1);
});
