import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseTime } from '../../edge/check/time.ts';

test('every date that toISOString writes is read as what it was', () => {
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true, min: new Date('0000-01-01'), max: new Date('9999-12-31') }), (date) => {
      expect(parseTime(date.toISOString())).toBe(date.getTime());
    }),
    { numRuns: 2_000 },
  );
});

test('digits in the places of a date are read as Date.parse reads them, whether or not there is such a day', () => {
  const digits = fc.stringMatching(/^[0-2]\d{3}-[01]\d-[0-3]\dT[0-2]\d:[0-6]\d:[0-6]\d\.\d{3}Z$/);
  fc.assert(
    fc.property(digits, (text) => {
      const time = Date.parse(text);
      expect(parseTime(text)).toBe(Number.isNaN(time) ? null : time);
    }),
    { numRuns: 5_000 },
  );
});
