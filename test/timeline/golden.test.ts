import { expect, test } from 'vitest';
import { virtualClock } from '../../platform/sim/clock.ts';
import { memoryStore } from '../../platform/sim/object-store.ts';
import { openIndex } from '../query/support.ts';
import { askGolden, goldenAnswers, putGolden } from './golden.ts';
import golden from './timeline.golden.json' with { type: 'json' };

test('files that an earlier Inlet wrote are read as ever', async () => {
  const clock = virtualClock(0);
  const lake = memoryStore(clock);
  await putGolden(lake, golden);
  expect(await askGolden(lake, openIndex(), clock)).toEqual(goldenAnswers());
});
