import fc from 'fast-check';
import { expect, test } from 'vitest';
import { remember } from '../../edge/expand/remember.ts';
import { deepJsonText } from '../../edge/expand/text.ts';

test('deepJsonText writes what JSON.stringify writes', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(deepJsonText(value)).toBe(JSON.stringify(value));
    }),
  );
  expect(deepJsonText({ gone: undefined, kept: [{}, []] })).toBe('{"kept":[{},[]]}');
});

test('remember makes a result once, and again only after it was pushed out by newer keys', () => {
  const made: string[] = [];
  const read = remember(2, (key) => made.push(key));
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) read(key);
  expect(made).toEqual(['a', 'b', 'c', 'b']);
});
