/**
 * How a message lies in a journal:
 *
 *     magic 4 | length of the body 4 | CRC-32 4 | arrival, epoch ms 8 | body
 *
 * Little-endian. The CRC covers arrival and body and starts from the frame's offset, so that a frame is valid only where
 * it was written: bytes inside a body never pass for one.
 */
import { crc32 } from 'node:zlib';

export const MAGIC = Buffer.from('IPK1');
export const HEADER_BYTES = 20;
/** What Cloudflare Queues take. */
export const MESSAGE_BYTES_MAX = 128_000;

export interface Message {
  readonly body: Uint8Array;
  /** Epoch milliseconds. */
  readonly arrival: number;
}

export interface FrameHeader {
  /** Bytes of the body. */
  readonly length: number;
  readonly crc: number;
  readonly arrival: number;
}

export function frameBytes(message: Message): number {
  return HEADER_BYTES + message.body.byteLength;
}

/** @param offset where the first frame will lie in the journal */
export function encodeFrames(messages: readonly Message[], offset: number): Buffer {
  const bytes = Buffer.allocUnsafe(messages.reduce((sum, message) => sum + frameBytes(message), 0));
  let at = 0;
  for (const message of messages) {
    const end = at + frameBytes(message);
    MAGIC.copy(bytes, at);
    bytes.writeUInt32LE(message.body.byteLength, at + 4);
    bytes.writeDoubleLE(message.arrival, at + 12);
    bytes.set(message.body, at + HEADER_BYTES);
    bytes.writeUInt32LE(checksum(bytes.subarray(at, end), offset + at), at + 8);
    at = end;
  }
  return bytes;
}

/** @returns null where no header can begin at `at`. Says nothing about the body. */
export function decodeHeader(bytes: Buffer, at: number): FrameHeader | null {
  if (bytes.length - at < HEADER_BYTES || bytes.compare(MAGIC, 0, MAGIC.length, at, at + MAGIC.length) !== 0)
    return null;
  const length = bytes.readUInt32LE(at + 4);
  if (length > MESSAGE_BYTES_MAX) return null;
  return { length, crc: bytes.readUInt32LE(at + 8), arrival: bytes.readDoubleLE(at + 12) };
}

/** @param frame header and body; @param offset where the frame lies in its journal */
export function isIntact(frame: Buffer, offset: number): boolean {
  const header = decodeHeader(frame, 0);
  return header !== null && frame.length === HEADER_BYTES + header.length && checksum(frame, offset) === header.crc;
}

function checksum(frame: Buffer, offset: number): number {
  return crc32(frame.subarray(12), offset);
}
