/** A rejected event, kept with what was sent. */
import { createHash } from 'node:crypto';
import type { EventRow } from '../../schemas/columns.ts';
import { FAILED_BYTES_CUT, FAILED_BYTES_WHOLE } from '../../schemas/pack.ts';
import { type Arrival, arrivedRow } from './arrival.ts';
import { decodeStart, decodeText } from './text.ts';

/** @param original what the edge noted of a body that it cut itself */
export function failedRow(
  arrival: Arrival,
  index: number,
  code: string,
  sent: Uint8Array,
  original?: { bytes: number; sha256?: string },
): EventRow {
  const row = arrivedRow(arrival, index);
  row.verdict_code = code;
  row.body_bytes = original?.bytes ?? sent.length;
  row.body_sha256 = original?.sha256 ?? null;
  if (row.body_sha256 === null && sent.length > FAILED_BYTES_WHOLE) {
    row.body_sha256 = createHash('sha256').update(sent).digest('hex');
  }
  row.body = row.body_sha256 === null ? decodeText(sent) : decodeStart(sent.subarray(0, FAILED_BYTES_CUT));
  return row;
}
