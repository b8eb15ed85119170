/** Writes and reads packs; their form is told in schemas/pack.ts. */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { Compressor } from '../../platform/ports.ts';
import { PACK_BYTES_INFLATED_MAX, type PackHeader, type PartHeader } from '../../schemas/pack.ts';
import { broken, parsePackHeader, parsePartHeader, rejectedIn } from './part-header.ts';

export interface Part {
  header: PartHeader;
  body: Uint8Array;
}

export interface Pack {
  header: PackHeader;
  parts: Part[];
}

/** A part whose header is written, so that its size is known. */
export interface WrittenPart {
  readonly part: Part;
  /** The header line with its line end. */
  readonly head: Uint8Array;
  /** All that the part takes in a pack. */
  readonly bytes: number;
}

/** Smaller packs go as they are: compressing one saves little and costs as much as all the rest. */
const COMPRESS_BYTES_MIN = 4_096;
const NEWLINE = 0x0a;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** @throws Error where a header does not fit its body, or the pack is larger than a reader would take. */
export function encodePack(pack: Pack, compressor: Compressor | null): Uint8Array {
  return encodeWritten(pack.header, pack.parts.map(writePart), compressor);
}

/** @throws Error where the header does not fit the body. */
export function writePart(part: Part): WrittenPart {
  if (part.header.bytes !== part.body.length) throw broken('a body is not as long as its header says');
  const head = encoder.encode(`${JSON.stringify(part.header)}\n`);
  return { part, head, bytes: head.length + part.body.length + 1 };
}

export function encodeWritten(
  header: PackHeader,
  parts: readonly WrittenPart[],
  compressor: Compressor | null,
): Uint8Array {
  const head = encoder.encode(`${JSON.stringify(header)}\n`);
  const length = parts.reduce((sum, part) => sum + part.bytes, head.length);
  if (length > PACK_BYTES_INFLATED_MAX) throw broken(`it would take ${length} bytes`);
  const plain = new Uint8Array(length);
  plain.set(head);
  let offset = head.length;
  for (const { part, head, bytes } of parts) {
    plain.set(head, offset);
    plain.set(part.body, offset + head.length);
    offset += bytes;
    plain[offset - 1] = NEWLINE;
  }
  if (compressor === null || length < COMPRESS_BYTES_MIN) return plain;
  const compressed = compressor.compress(plain);
  return compressed.length < length ? compressed : plain;
}

/** @throws Error on anything that `encodePack` would not have written. */
export function decodePack(bytes: Uint8Array): Pack {
  const plain = inflate(bytes);
  let offset = 0;
  const nextLine = (): string => {
    const end = plain.indexOf(NEWLINE, offset);
    if (end === -1) throw broken('it is cut short');
    const line = decoder.decode(plain.subarray(offset, end));
    offset = end + 1;
    return line;
  };

  const header = parsePackHeader(nextLine());
  const parts: Part[] = [];
  while (offset < plain.length) {
    const part = parsePartHeader(nextLine());
    const end = offset + part.bytes;
    if (plain[end] !== NEWLINE) throw broken('a body is not as long as its header says');
    parts.push({ header: part, body: plain.subarray(offset, end) });
    offset = end + 1;
  }
  const rejected = parts.reduce((sum, part) => sum + rejectedIn(part.header), 0);
  const events = parts.reduce((sum, part) => sum + part.header.count, 0);
  if (rejected !== header.rejected || events !== header.accepted + header.rejected) {
    throw broken('its parts do not add up to its header');
  }
  return { header, parts };
}

function inflate(bytes: Uint8Array): Uint8Array {
  const options = { maxOutputLength: PACK_BYTES_INFLATED_MAX };
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes, options);
  if (bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd) {
    return zstdDecompressSync(bytes, options);
  }
  if (bytes.length > PACK_BYTES_INFLATED_MAX) throw broken('it is too large');
  return bytes;
}
