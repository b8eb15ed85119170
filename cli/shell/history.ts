import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

const LINES_MAX = 500;

/** @returns lines, newest first, as readline has them; none where there is no file yet */
export async function readHistory(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

/** Readable by its owner only, as it may hold names of users. A disk that does not take it costs the history alone. */
export function writeHistory(path: string, lines: readonly string[]): void {
  try {
    writeFileSync(path, `${lines.slice(0, LINES_MAX).join('\n')}\n`, { mode: 0o600 });
  } catch {
    // The shell is of use without it.
  }
}
