import { expect, test } from 'vitest';
import { RECEIVED_AT, trackRow } from './packs.ts';

const HOUR = 3_600_000;
const at = (milliseconds: number) => new Date(milliseconds).toISOString();
const PUBLIC = { oldest: RECEIVED_AT - 30 * 24 * HOUR, skewMs: 900_000 };

test('a clock two hours behind is corrected by the time of sending that the event names itself', () => {
  const row = trackRow(
    { timestamp: at(RECEIVED_AT - 2 * HOUR - 5_000), sentAt: at(RECEIVED_AT - 2 * HOUR) },
    { ...PUBLIC, sentAt: at(RECEIVED_AT) },
  );
  expect(row).toMatchObject({
    timestamp: RECEIVED_AT - 5_000,
    original_timestamp: RECEIVED_AT - 2 * HOUR - 5_000,
    sent_at: RECEIVED_AT - 2 * HOUR,
    received_at: RECEIVED_AT,
  });
});

test('without its own, the time of sending of the request counts', () => {
  const row = trackRow({ timestamp: at(RECEIVED_AT - HOUR) }, { ...PUBLIC, sentAt: at(RECEIVED_AT - HOUR) });
  expect(row).toMatchObject({ timestamp: RECEIVED_AT, sent_at: RECEIVED_AT - HOUR });
});

test('an import is believed, however old', () => {
  expect(trackRow({ timestamp: '1999-12-31T00:00:00Z' }).timestamp).toBe(Date.UTC(1999, 11, 31));
  expect(trackRow({ timestamp: '1999-12-31T00:00:00Z' }, PUBLIC).timestamp).toBe(RECEIVED_AT);
});

test('originalTimestamp counts where there is no timestamp', () => {
  expect(trackRow({ originalTimestamp: at(RECEIVED_AT - 1) }).timestamp).toBe(RECEIVED_AT - 1);
});
