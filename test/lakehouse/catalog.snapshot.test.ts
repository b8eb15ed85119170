import { describe, expect, test } from 'vitest';
import {
  type Change,
  ConflictError,
  changedDays,
  EMPTY_SNAPSHOT,
  nextSnapshot,
  parseSnapshot,
} from '../../lakehouse/catalog/snapshot.ts';
import { file } from './files.ts';

const NOTHING: Change = { committed_at: 5, as_of: 4, add: [], remove: [], consume: [], forget: [] };
const base = nextSnapshot(EMPTY_SNAPSHOT, { ...NOTHING, add: [file('a'), file('b')], consume: ['s1', 's2'] });

describe('the next snapshot', () => {
  test('is the one before with the change applied, and its version counts on', () => {
    const next = nextSnapshot(base, { ...NOTHING, add: [file('c')], remove: ['a'], consume: ['s3'], forget: ['s1'] });
    expect(next).toMatchObject({ version: 2, committed_at: 5, as_of: 4, consumed: ['s2', 's3'] });
    expect(next.files.map(({ key }) => key)).toEqual(['b', 'c']);
    expect(base.files.map(({ key }) => key)).toEqual(['a', 'b']);
  });

  test.each<[string, Partial<Change>]>([
    ['removes a file that is not there', { remove: ['x'] }],
    ['removes a file twice', { remove: ['a', 'a'] }],
    ['adds a file that is there', { add: [file('a')] }],
    ['consumes a segment that is consumed', { consume: ['s1'] }],
    ['forgets a segment that is not consumed', { forget: ['s9'] }],
  ])('is refused as a conflict when the change %s', (_, change) => {
    expect(() => nextSnapshot(base, { ...NOTHING, ...change })).toThrow(ConflictError);
  });
});

test('changed days are those of files that came or went', () => {
  const next = nextSnapshot(base, { ...NOTHING, add: [file('c', '2026-03-30')], remove: ['a'] });
  expect(changedDays(base, next)).toEqual(['2026-03-28', '2026-03-30']);
  expect(changedDays(next, next)).toEqual([]);
});

describe('a stored snapshot', () => {
  test('reads back as it was', () => {
    expect(parseSnapshot(JSON.stringify(base))).toEqual(base);
  });

  test.each([
    ['a list', '[]'],
    ['no files', JSON.stringify({ ...base, files: undefined })],
    ['a broken version', JSON.stringify({ ...base, version: '1' })],
    ['a file without rows', JSON.stringify({ ...base, files: [{ ...file('a'), rows: null }] })],
    ['a consumed segment that is a number', JSON.stringify({ ...base, consumed: [1] })],
    ['text that is no JSON', '{'],
  ])('with %s stops its reader', (_, text) => {
    expect(() => parseSnapshot(text)).toThrow();
  });
});
