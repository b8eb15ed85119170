/** Reads one message from its journal. Needs no queue: the consumer calls it in a process of its own. */
import { open } from 'node:fs/promises';
import { CorruptMessageError } from './errors.ts';
import { HEADER_BYTES, isIntact } from './frame.ts';

/** Where a message lies. Plain data, fit for another process. */
export interface MessageReference {
  /** Absolute path of the journal; it stays until the message is acknowledged. */
  readonly path: string;
  /** Of the frame in the journal, bytes. */
  readonly offset: number;
  /** Of the body, bytes. */
  readonly length: number;
}

/** @throws CorruptMessageError when the CRC does not hold; the file system's error when it cannot be read. */
export async function readMessage(reference: MessageReference): Promise<Uint8Array> {
  const frame = await readFrame(reference);
  if (!isIntact(frame, reference.offset)) throw new CorruptMessageError(reference.path, reference.offset);
  return frame.subarray(HEADER_BYTES);
}

/** Header and body as they lie on disk, unchecked; short when the file is. */
export async function readFrame({ path, offset, length }: MessageReference): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const frame = Buffer.allocUnsafe(HEADER_BYTES + length);
    const { bytesRead } = await file.read(frame, 0, frame.length, offset);
    return frame.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
