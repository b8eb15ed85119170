import { onTestFinished } from 'vitest';
import { type TestLake, testLake } from './lake.ts';

/** A lake for one test, which is cleared away after it. */
export function openLake(...wrap: Parameters<typeof testLake>): TestLake {
  const lake = testLake(...wrap);
  onTestFinished(() => lake.close());
  return lake;
}
