import { expect } from 'vitest';
import type { KeyValue } from '../../../platform/ports.ts';
import { describePort, type Opened, type Skips } from './cases.ts';

/** What every key-value cache does. */
export function describeKeyValue(name: string, open: () => Promise<Opened<KeyValue>>, skips: Skips = {}): void {
  describePort(`${name}: key-value cache`, open, skips, (test) => {
    test('an absent key reads as null and is deleted without an error', async (cache) => {
      expect(await cache.get('absent')).toBeNull();
      await cache.delete('absent');
    });

    test('a value reads as it was put, until it is put again or deleted', async (cache) => {
      await cache.put('key é', 'first 😀');
      expect(await cache.get('key é')).toBe('first 😀');
      await cache.put('key é', '', { expirationTtl: 60 });
      expect(await cache.get('key é')).toBe('');
      await cache.delete('key é');
      expect(await cache.get('key é')).toBeNull();
    });

    test('a time to live under 60 seconds is refused', async (cache) => {
      await expect(cache.put('short', 'x', { expirationTtl: 59 })).rejects.toThrow();
      expect(await cache.get('short')).toBeNull();
    });
  });
}
