import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../tidy/source.ts';

/** Under the project, as a folder for temporary files may lie in memory, where a sync costs nothing. */
const PARENT = join(ROOT, 'node_modules', '.cache', 'inlet-bench');

/** A new folder for the time that `work` takes. */
export async function inScratch<Result>(name: string, work: (folder: string) => Promise<Result>): Promise<Result> {
  mkdirSync(PARENT, { recursive: true });
  const folder = mkdtempSync(join(PARENT, `${name}-`));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
