import { expect, test } from 'vitest';
import { planMerges, planUnit } from '../../lakehouse/compact/plan.ts';
import { file } from './files.ts';

const MB = 1_048_576;
const DAY = '2026-03-28';

function segments(...sizes: number[]): { key: string; size: number; etag: string; uploaded: Date }[] {
  return sizes.map((size, index) => ({ key: `s${index}`, size, etag: '', uploaded: new Date(0) }));
}

function sizesOf(...sizes: number[]): ReturnType<typeof file>[] {
  return sizes.map((size, index) => file(`f${index}`, DAY, size));
}

test('a unit takes the oldest segments up to its bytes, and one at least', () => {
  expect(planUnit(segments(4, 4, 4), 9).map(({ key }) => key)).toEqual(['s0', 's1']);
  expect(planUnit(segments(40, 4), 9).map(({ key }) => key)).toEqual(['s0']);
  expect(planUnit([], 9)).toEqual([]);
});

test('seven small files and the new one are merged, six are left', () => {
  expect(planMerges(sizesOf(...Array(6).fill(1_000)))).toEqual([]);
  expect(planMerges(sizesOf(...Array(7).fill(1_000)))).toHaveLength(7);
});

test('eight files of a larger size are merged together with the smaller ones, and large files never', () => {
  const files = sizesOf(...Array(8).fill(MB), 1_000, 1_000, 40 * MB);
  expect(planMerges(files)).toHaveLength(10);
  expect(planMerges(sizesOf(...Array(20).fill(33 * MB)))).toEqual([]);
});

test('one unit merges a bounded number of bytes', () => {
  const days = ['2026-03-26', '2026-03-27', DAY];
  const files = days.flatMap((day) => Array.from({ length: 8 }, (_, index) => file(`${day}${index}`, day, 7 * MB)));
  const merges = planMerges(files);
  expect(merges.reduce((total, { bytes }) => total + bytes, 0)).toBe(112 * MB);
});

test('a day of one commit every five minutes ends with few files, each row written again about twice', () => {
  let files = [file('f', DAY, 60_000)];
  let rewritten = 0;
  for (let commit = 1; commit < 288; commit += 1) {
    const merges = new Set(planMerges(files));
    const bytes = [...merges].reduce((total, merge) => total + merge.bytes, 0);
    rewritten += bytes;
    files = [...files.filter((old) => !merges.has(old)), file(`f${commit}`, DAY, bytes + 60_000)];
    expect(files.length).toBeLessThan(24);
  }
  expect(rewritten / (288 * 60_000)).toBeLessThan(4);
});
