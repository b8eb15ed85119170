/** A few rounds of what `bun test/bars/concurrency.ts` does two hundred of. */
import { expect, test } from 'vitest';
import { runTogether } from './concurrency.ts';
import { testLake } from './lake.ts';

test('8 appenders, 2 compactors, 1 expiry and 1 reader with real files: the set of rows is always exact', async () => {
  const lake = testLake();
  const outcome = await runTogether(lake, 3, (found, due) => expect(found).toEqual(due));
  expect(outcome).toMatchObject({ reads: 3 });
  expect(outcome.commits).toBeGreaterThan(1);
  lake.close();
}, 60_000);
