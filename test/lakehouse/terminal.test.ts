import { expect, test } from 'vitest';
import { bar } from '../../cli/terminal/bar.ts';

test('the largest value fills the bar, half of it half, and anything above nothing shows', () => {
  expect(bar(80, 80)).toBe('█'.repeat(24));
  expect(bar(40, 80)).toBe('█'.repeat(12));
  expect(bar(1, 100_000)).toBe('▏');
  expect([bar(0, 80), bar(-1, 80), bar(0, 0), bar(Number.NaN, 80)]).toEqual(['', '', '', '']);
});
