/** Packs in one file, each after its length, as the parent prepares them and each round reads them. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

export function writePacksFile(path: string, batches: Iterable<readonly Uint8Array[]>): void {
  const file = openSync(path, 'w');
  for (const batch of batches) {
    writeNumber(file, batch.length);
    for (const pack of batch) {
      writeNumber(file, pack.length);
      writeSync(file, pack);
    }
  }
  closeSync(file);
}

export function readPacksFile(path: string): Uint8Array[][] {
  const bytes = readFileSync(path);
  const batches: Uint8Array[][] = [];
  let offset = 0;
  const next = (): number => {
    offset += 4;
    return bytes.readUInt32LE(offset - 4);
  };
  while (offset < bytes.length) {
    batches.push(
      Array.from({ length: next() }, () => {
        const length = next();
        offset += length;
        return bytes.subarray(offset - length, offset);
      }),
    );
  }
  return batches;
}

function writeNumber(file: number, value: number): void {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  writeSync(file, bytes);
}
