import { expect, test } from 'vitest';
import { FILE_BYTES, FILE_ROWS, isDue, planMerge, planRanges, planSlices } from '../../lakehouse/timeline/plan.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import type { TimelineRun } from '../../schemas/timeline.ts';

const DAY = 'table/data/date=2026-01-31/type=track';

function run(rows: number): TimelineRun {
  return { rows, gone: 0, oldest: 0, newest: 0, files: [] };
}

test('there are never more than five runs, and a row is written again a few dozen times in a billion', () => {
  const random = seededRandom(1);
  let runs: TimelineRun[] = [];
  let [came, written, most] = [0, 0, 0];
  while (came < 1_000_000_000) {
    // Some builds wait for rows enough, others for an hour.
    const rows = random.below(3) === 0 ? 1 + random.below(50_000) : Math.max(500_000, Math.ceil(came / 64));
    came += rows;
    runs = [run(rows), ...runs];
    const count = planMerge(runs);
    if (count > 0) {
      const merged = runs.slice(0, count).reduce((sum, one) => sum + one.rows, 0);
      written += merged;
      runs = [run(merged), ...runs.slice(count)];
      expect(planMerge(runs)).toBe(0);
    }
    most = Math.max(most, runs.length);
  }
  expect(most).toBeLessThanOrEqual(5);
  expect(written / came).toBeLessThan(40);
});

test('files of the table that stand in for others come in together with them, those of rejected events never', () => {
  const table = [
    { key: `${DAY}/new.parquet`, rows: 10 },
    { key: `${DAY}/kept.parquet`, rows: 10 },
    { key: 'table/data/date=2026-01-31/type=failed/a.parquet', rows: 10 },
  ];
  const slices = planSlices([`${DAY}/kept.parquet`, `${DAY}/old.parquet`], table);
  expect(slices).toEqual([{ add: [{ key: `${DAY}/new.parquet`, rows: 10 }], remove: [`${DAY}/old.parquet`] }]);
  expect(planSlices([`${DAY}/kept.parquet`, `${DAY}/new.parquet`], table)).toEqual([]);
});

test('a large table comes in slices of whole days and types', () => {
  const table = Array.from({ length: 10 }, (_, day) => ({
    key: `table/data/date=2026-01-${10 + day}/type=track/a.parquet`,
    rows: 400_000,
  }));
  expect(planSlices([], table).map(({ add }) => add.length)).toEqual([2, 2, 2, 2, 2]);
});

test('a build is due when it brings rows enough, or after an hour', () => {
  const slices = [{ add: [{ key: `${DAY}/a.parquet`, rows: 100 }], remove: [] }];
  expect(isDue(slices, [run(6_400)], 0)).toBe(true);
  expect(isDue(slices, [run(6_500)], 0)).toBe(false);
  expect(isDue(slices, [run(6_500)], 3_600_000)).toBe(true);
  expect(isDue([], [run(6_500)], 3_600_000)).toBe(false);
});

test('a file holds about so many rows, a bucket is never divided, and every bucket has its place', () => {
  const ranges = planRanges([
    { first: 0, last: 1_023, rows: 2_000_000, bytes: 80_000_000 },
    { first: 7, last: 7, rows: 900_000, bytes: 40_000_000 },
  ]);
  expect(ranges[0]?.first).toBe(0);
  expect(ranges.at(-1)?.last).toBe(1_023);
  for (const [place, { first }] of ranges.entries()) {
    if (place > 0) expect(first).toBe((ranges[place - 1]?.last ?? 0) + 1);
  }
  expect(ranges.length).toBeLessThanOrEqual(Math.ceil(2_900_000 / FILE_ROWS) + 3);
  expect(planRanges([])).toEqual([]);
  // Few rows that are large: files are bounded by bytes as well.
  expect(planRanges([{ first: 0, last: 1_023, rows: 20_000, bytes: 10 * FILE_BYTES }])).toHaveLength(11);
});
