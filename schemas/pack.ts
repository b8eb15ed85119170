/**
 * The pack: what travels through the queue. Text, compressed as a whole (gzip or zstd, told apart by their magic bytes)
 * where that pays:
 *
 *     <PackHeader as JSON>\n
 *     <PartHeader as JSON>\n<body, PartHeader.bytes long>\n
 *     <PartHeader as JSON>\n<body>\n …
 *
 * A part is what one request brought, or a piece of it. Its body is the JSON as it was sent: forwarding it costs a half
 * of writing it anew, and the stamps stand beside it, so that no key of a client can pass for one.
 */
import type { EventCode, RequestCode, WarningCode } from './errors.ts';
import type { EventType } from './event.ts';

export const PACK_FORMAT = 1;

/** Most bytes of a pack as sent; Cloudflare Queues take 128,000 less about 100 of their own. */
export const PACK_BYTES_MAX = 127_000;
/** Most bytes of a pack before compression, so that a consumer's memory is bounded. */
export const PACK_BYTES_INFLATED_MAX = 512_000;

export interface PackHeader {
  format: typeof PACK_FORMAT;
  /** A UUID that holds producer and number: see `packId`. */
  id: string;
  /** Events accepted (ok and warning) and rejected, over all parts: what an audit adds up. */
  accepted: number;
  rejected: number;
}

export interface PartHeader {
  /** Length of the body in bytes. */
  bytes: number;
  /** `single`: one event. `batch`: an envelope with `batch`. `raw`: not readable as JSON, or cut; one failed event. */
  form: 'single' | 'batch' | 'raw';
  /** How many events: 1, or the length of `batch`. */
  count: number;
  /** The call type that the path names; `single` only. */
  type?: EventType;
  source: string;
  /** When the edge took the request in, epoch milliseconds. */
  receivedAt: number;
  /** The time of sending that holds for the whole request, as sent. */
  sentAt?: string;
  /** No event of this part may lie before this time, epoch milliseconds; absent for imports. */
  oldest?: number;
  /**
   * A clock wrong by more than this is corrected by receivedAt - sentAt, milliseconds; absent for imports and secret
   * keys, whose clocks are believed.
   */
  skewMs?: number;
  /** Sent with a secret key, which may take events back. */
  secret?: true;
  ip?: string;
  userAgent?: string;
  country?: string;
  region?: string;
  city?: string;
  /** Every event whose verdict is not ok: index in this part, code. */
  verdicts?: [index: number, code: EventCode | WarningCode | RequestCode][];
  /** `raw` only: length in bytes and, where the body is cut, SHA-256 (hex) of what was sent. */
  original?: { bytes: number; sha256?: string };
}

/** Whole failed events up to this size are kept as they came, in bytes. */
export const FAILED_BYTES_WHOLE = 65_536;
/** Larger ones keep this much of their start, in bytes. */
export const FAILED_BYTES_CUT = 32_768;

/**
 * The id of a pack: a UUID (version 8, RFC 9562) of a producer and the producer's number. Producers are random, numbers
 * count up from 0, so a gap in the numbers shows and the ids of one producer compress well.
 *
 * @param producer 15 lower-case hex digits
 * @param number from 0 to 2^53 - 1
 */
export function packId(producer: string, number: number): string {
  const tail = number.toString(16).padStart(15, '0');
  return `${producer.slice(0, 8)}-${producer.slice(8, 12)}-8${producer.slice(12, 15)}-8${tail.slice(0, 3)}-${tail.slice(3)}`;
}
