/** The queue's folder: names, and what it takes to make a new name survive a power cut. */
import { mkdir, open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export function journalPath(folder: string, sequence: number): string {
  return join(folder, `${String(sequence).padStart(10, '0')}.packs`);
}

export function acksPath(folder: string, sequence: number): string {
  return join(folder, `${String(sequence).padStart(10, '0')}.acks`);
}

/** @returns sequence numbers, ascending */
export async function listFolder(folder: string): Promise<{ journals: number[]; acks: number[] }> {
  const names = await readdir(folder);
  const sequences = (kind: string): number[] =>
    names
      .filter((name) => new RegExp(`^\\d{10}\\.${kind}$`).test(name))
      .map((name) => Number.parseInt(name, 10))
      .sort((left, right) => left - right);
  return { journals: sequences('packs'), acks: sequences('acks') };
}

/** Makes the folder and its missing parents, durably. @param folder absolute */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** A file is only found after a power cut when the folder that names it was synced. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A journal open for appending. */
export interface JournalFile {
  /** Throws unless everything was written. */
  write(bytes: Uint8Array, offset: number): Promise<void>;
  /** Contents and length are on disk when it resolves. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export type OpenJournal = (path: string) => Promise<JournalFile>;

/** @throws when the file is there already */
export const openJournal: OpenJournal = async (path) => {
  const handle = await open(path, 'wx');
  return {
    async write(bytes, offset) {
      const { bytesWritten } = await handle.write(bytes, 0, bytes.byteLength, offset);
      if (bytesWritten !== bytes.byteLength) {
        throw new Error(`Only ${bytesWritten} of ${bytes.byteLength} bytes were written to ${path}.`);
      }
    },
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
};
