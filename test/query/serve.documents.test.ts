import { expect, test } from 'vitest';
import { ParsedDocuments } from '../../query/serve/documents.ts';

test('what is kept is bounded by the length of the texts, and what was asked for last stays', () => {
  const documents = new ParsedDocuments<number>();
  const textOf = (number: number): string => `${number}${'x'.repeat(16_000)}`;
  for (let number = 0; number < 200; number += 1) {
    documents.set(textOf(number), number);
    documents.set(textOf(number), number);
    expect(documents.get(textOf(0))).toBe(0);
  }
  const kept = Array.from({ length: 200 }, (_, number) => number).filter(
    (number) => documents.get(textOf(number)) === number,
  );
  expect(kept).toHaveLength(32);
  expect(kept).toEqual([0, ...Array.from({ length: 31 }, (_, at) => at + 169)]);
});

test('a long text is not kept', () => {
  const documents = new ParsedDocuments<number>();
  documents.set('x'.repeat(16_385), 1);
  expect(documents.get('x'.repeat(16_385))).toBeUndefined();
});
