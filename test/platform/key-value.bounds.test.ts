import { describe, expect, it } from 'vitest';
import { keyValue } from '../../platform/bun/key-value.ts';
import { virtualClock } from '../../platform/sim/clock.ts';
import { memoryCache } from '../../platform/sim/key-value.ts';

describe('key-value cache in memory', () => {
  it('forgets a value when its time to live is over', async () => {
    for (const open of [keyValue, memoryCache]) {
      const clock = virtualClock(0);
      const cache = open(clock);
      await cache.put('key', 'value', { expirationTtl: 60 });
      await clock.advance(59_999);
      expect(await cache.get('key')).toBe('value');
      await clock.advance(1);
      expect(await cache.get('key')).toBeNull();
    }
  });

  it('forgets the value used longest ago when it is full', async () => {
    const cache = keyValue(virtualClock(0), 2);
    await cache.put('a', '1');
    await cache.put('b', '2');
    await cache.get('a');
    await cache.put('c', '3');
    expect([await cache.get('a'), await cache.get('b'), await cache.get('c')]).toEqual(['1', null, '3']);
  });
});
