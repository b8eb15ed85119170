import { expect, test } from 'vitest';
import { messageIdOf, PLACEHOLDER, writeMessageId } from './message-id.ts';

test('ids look as an SDK writes them', () => {
  expect(messageIdOf('c0ffee01', 12_345)).toMatch(
    /^node-next-\d{13}-c0ffee01-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});

test('no two numbers share an id, also where numbers pass 24 bits', () => {
  const starts = [0, 2 ** 24 - 50_000, 2 ** 32 - 50_000, 2 ** 47];
  const ids = starts.flatMap((start) =>
    Array.from({ length: 100_000 }, (_, step) => messageIdOf('00000000', start + step)),
  );
  expect(new Set(ids).size).toBe(ids.length);
});

test('two runs share no id', () => {
  expect(messageIdOf('00000001', 7)).not.toBe(messageIdOf('00000002', 7));
});

test('an id written in place touches nothing around it', () => {
  const bytes = Buffer.from(`before${PLACEHOLDER}after`);
  writeMessageId(bytes, 'before'.length, 'c0ffee01', 7);
  expect(bytes.toString()).toBe(`before${messageIdOf('c0ffee01', 7)}after`);
});
