/** A queue message that is no pack. It may hold accepted events, so it is kept whole: somebody can mend it by hand. */
import { Buffer } from 'node:buffer';
import type { EventRow } from '../../schemas/columns.ts';
import { PACK_BYTES_MAX } from '../../schemas/pack.ts';
import { arrivedRow, readArrival } from './arrival.ts';

/**
 * One failed event without a source, its body in base64. The same message has the same identity whenever it comes.
 *
 * @param sha256 of the message, hex
 * @param now epoch milliseconds
 */
export function unreadablePack(message: Uint8Array, sha256: string, now: number): EventRow {
  const arrival = readArrival(contentId(sha256), {
    bytes: message.length,
    form: 'raw',
    count: 1,
    source: '',
    receivedAt: now,
  });
  const row = arrivedRow(arrival, 0);
  row.verdict_code = 'internal';
  row.body = Buffer.from(message.subarray(0, PACK_BYTES_MAX)).toString('base64');
  row.body_bytes = message.length;
  row.body_sha256 = sha256;
  return row;
}

/** A UUID (version 8) in place of the pack id that cannot be read. */
function contentId(sha256: string): string {
  return `${sha256.slice(0, 8)}-${sha256.slice(8, 12)}-8${sha256.slice(13, 16)}-8${sha256.slice(17, 20)}-${sha256.slice(20, 32)}`;
}
