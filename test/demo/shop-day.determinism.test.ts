import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type ShopDayOptions, shopDay } from '../../cli/demo/shop.ts';

const OPTIONS: ShopDayOptions = { seed: 1, events: 10_000, users: 2_000, day: '2026-01-31' };

/** Changes whenever the shop changes: then the numbers of the demo change too, and this line with them. */
const GOLDEN = '298ffc07fc2118b18686c3752f4dce6d';

function fingerprint(options: ShopDayOptions): string {
  const hash = createHash('sha256');
  for (const call of shopDay(options)) hash.update(JSON.stringify(call));
  return hash.digest('hex').slice(0, 32);
}

describe('a day of the shop', () => {
  test('the same seed gives the same 10,000 calls, on every machine', () => {
    expect(fingerprint(OPTIONS)).toBe(GOLDEN);
    expect(fingerprint(OPTIONS)).toBe(GOLDEN);
  });

  test('another seed and another day give other calls', () => {
    expect(fingerprint({ ...OPTIONS, seed: 2 })).not.toBe(GOLDEN);
    expect(fingerprint({ ...OPTIONS, day: '2026-02-01' })).not.toBe(GOLDEN);
  });

  test('the same seed tells the same story on any day', () => {
    const story = (day: string) => [...shopDay({ ...OPTIONS, day })].map((call) => `${call.type} ${call.userId}`);
    expect(story('2026-02-01')).toEqual(story('2026-01-31'));
  });

  test('the same people come back on another day, under the same ids', () => {
    const known = new Set([...shopDay(OPTIONS)].map((call) => call.anonymousId));
    const back = [...shopDay({ ...OPTIONS, seed: 2, day: '2026-02-01' })].filter((call) => known.has(call.anonymousId));
    expect(back.length).toBeGreaterThan(OPTIONS.events / 2);
  });

  test('two days share no message id', () => {
    const known = new Set([...shopDay(OPTIONS)].map((call) => call.messageId));
    expect([...shopDay({ ...OPTIONS, day: '2026-02-01' })].some((call) => known.has(call.messageId))).toBe(false);
  });

  test('the first calls of a billion come at once, as nothing is made ahead', () => {
    const calls = shopDay({ ...OPTIONS, events: 1_000_000_000, users: 1_000_000 });
    const first = Array.from({ length: 10 }, () => calls.next().value?.timestamp.slice(0, 13));
    expect(first).toEqual(new Array(10).fill('2026-01-31T00'));
  });
});
