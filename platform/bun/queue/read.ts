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
export async function readFrame(reference: MessageReference): Promise<Buffer> {
  return readRun(reference.path, reference.offset, HEADER_BYTES + reference.length);
}

/**
 * The bodies of a batch, in order. One that is damaged comes with its header, as it lies on disk: as a pack it is then
 * unreadable for sure.
 */
export async function readBodies(references: readonly MessageReference[]): Promise<Uint8Array[]> {
  const runs = runsOf(references);
  const read = await Promise.all(runs.map(({ path, offset, length }) => readRun(path, offset, length)));
  return runs.flatMap(({ offset, members }, index) =>
    members.map((member) => {
      const start = member.offset - offset;
      const frame = (read[index] ?? Buffer.alloc(0)).subarray(start, start + HEADER_BYTES + member.length);
      return isIntact(frame, member.offset) ? frame.subarray(HEADER_BYTES) : frame;
    }),
  );
}

interface Run {
  readonly path: string;
  readonly offset: number;
  length: number;
  readonly members: MessageReference[];
}

/** A batch is mostly one piece of one journal: a read for each message would cost more than taking the packs apart. */
function runsOf(references: readonly MessageReference[]): Run[] {
  const runs: Run[] = [];
  for (const reference of references) {
    const { path, offset } = reference;
    const length = HEADER_BYTES + reference.length;
    const last = runs.at(-1);
    if (last !== undefined && last.path === path && last.offset + last.length === offset) {
      last.length += length;
      last.members.push(reference);
    } else {
      runs.push({ path, offset, length, members: [reference] });
    }
  }
  return runs;
}

async function readRun(path: string, offset: number, length: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const bytes = Buffer.allocUnsafe(length);
    const { bytesRead } = await file.read(bytes, 0, length, offset);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
