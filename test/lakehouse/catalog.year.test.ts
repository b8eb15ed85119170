/** The table after a year costs what it cost after a month: requests and bytes of a commit, and of a question about a day. */
import { expect, test } from 'vitest';
import { simulateYear } from './year.ts';

test('a commit and the plan of one day cost the same after a year as after a month', async () => {
  const monthly = await simulateYear();
  const [first, last] = [monthly.at(1), monthly.at(-1)];
  if (first === undefined || last === undefined) throw new Error('Nothing was measured');
  expect(last.commit.requests / first.commit.requests).toBeLessThan(1.1);
  expect(last.commit.bytes / first.commit.bytes).toBeLessThan(1.25);
  expect(last.commit.requests / last.commits).toBeLessThan(25);
  for (const { plan, look } of monthly) {
    expect(plan.requests).toBeLessThanOrEqual(16);
    expect(plan.bytes).toBeLessThan(first.plan.bytes * 1.5);
    expect(look.requests).toBeLessThan(first.look.requests * 1.5);
    expect(look.bytes).toBeLessThan(first.look.bytes * 1.5);
  }
}, 120_000);
