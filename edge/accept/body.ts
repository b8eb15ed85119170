/** Reads a body within its limits, whatever its headers say of it: SDKs send gzip as a form, and JSON as plain text. */
import { Buffer } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import type { RequestCode } from '../../schemas/errors.ts';
import type { JsonObject } from '../../schemas/event.ts';
import { FAILED_BYTES_CUT } from '../../schemas/pack.ts';

export interface BodyLimits {
  /** On the wire. */
  readonly body_bytes_max: number;
  readonly body_bytes_inflated_max: number;
}

/** A body that could be read: decompressed, without byte order mark. */
export interface ReadBody {
  readonly code: null;
  readonly bytes: Uint8Array;
  readonly wire_bytes: number;
}

export interface UnreadBody {
  readonly code: RequestCode;
  /** What was sent, as far as it was read. */
  readonly bytes: Uint8Array;
  readonly wire_bytes: number;
  /** Whether `bytes` is all that was sent. */
  readonly whole: boolean;
  /** What could be made of it, for a write key may be in it. */
  readonly json: JsonObject | null;
}

const NOTHING = new Uint8Array(0);

export async function readBody(request: Request, limits: BodyLimits): Promise<ReadBody | UnreadBody> {
  const declared = declaredLength(request.headers);
  if (declared !== null && declared > limits.body_bytes_max) {
    return { code: 'body_too_large', bytes: NOTHING, wire_bytes: declared, whole: false, json: null };
  }
  const wire = declared === null ? await readCounted(request, limits.body_bytes_max) : await request.bytes();
  if (wire.length > limits.body_bytes_max) {
    const start = wire.slice(0, FAILED_BYTES_CUT);
    return { code: 'body_too_large', bytes: start, wire_bytes: wire.length, whole: false, json: null };
  }
  return isGzip(request.headers, wire) ? inflate(wire, limits.body_bytes_inflated_max) : readable(wire, wire.length);
}

function declaredLength(headers: Headers): number | null {
  const text = headers.get('content-length');
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}

/** Stops at the first chunk that goes over the limit. */
async function readCounted(request: Request, bytes_max: number): Promise<Uint8Array> {
  if (request.body === null) return NOTHING;
  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length <= bytes_max) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
  }
  // What is left is not wanted; that the sender has gone by then is no news.
  if (length > bytes_max) reader.cancel().catch(() => undefined);
  return Buffer.concat(chunks);
}

function isGzip(headers: Headers, wire: Uint8Array): boolean {
  if (wire[0] === 0x1f && wire[1] === 0x8b) return true;
  const encoding = headers.get('content-encoding');
  return wire.length > 0 && encoding !== null && encoding.toLowerCase().includes('gzip');
}

function inflate(wire: Uint8Array, bytes_max: number): ReadBody | UnreadBody {
  try {
    return readable(gunzipSync(wire, { maxOutputLength: bytes_max }), wire.length);
  } catch (error) {
    // Both Bun and workerd throw a RangeError at the limit, and another error for bad data.
    const code = error instanceof RangeError ? 'body_inflates_too_large' : 'body_gzip_broken';
    return { code, bytes: wire, wire_bytes: wire.length, whole: true, json: null };
  }
}

function readable(bytes: Uint8Array, wire_bytes: number): ReadBody {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return { code: null, bytes: hasMark ? bytes.subarray(3) : bytes, wire_bytes };
}
