/** Takes up what an earlier process left in the folder. Nothing found there stops the start. */
import { rm, stat } from 'node:fs/promises';
import { readAcks } from './acks.ts';
import type { Backlog } from './backlog.ts';
import type { Report } from './errors.ts';
import { acksPath, journalPath, listFolder } from './files.ts';
import { scanJournal } from './scan.ts';

export interface Recovered {
  /** Of the next journal. */
  readonly next_sequence: number;
  readonly corrupt_places: number;
}

/** Reads every journal once, from end to end. */
export async function recover(folder: string, backlog: Backlog, report: Report): Promise<Recovered> {
  const { journals, acks } = await listFolder(folder);
  // Left alone they would acknowledge messages of a later journal of that number.
  for (const sequence of acks) if (!journals.includes(sequence)) await rm(acksPath(folder, sequence));
  let corrupt = 0;
  for (const sequence of journals) {
    const path = journalPath(folder, sequence);
    try {
      const acked = acks.includes(sequence) ? await readAcks(acksPath(folder, sequence)) : new Set<number>();
      const scan = await scanJournal(path, 0, (await stat(path)).size, acked);
      if (scan.corrupt_places > 0) {
        corrupt += scan.corrupt_places;
        report({ code: 'corrupt', detail: `${scan.corrupt_bytes} bytes in ${scan.corrupt_places} places of ${path}` });
      }
      if (scan.torn_bytes > 0) report({ code: 'torn', detail: `${scan.torn_bytes} bytes at the end of ${path}` });
      backlog.adopt(sequence, path, scan);
    } catch (cause) {
      corrupt += 1;
      report({ code: 'corrupt', detail: `${path} cannot be read and is left as it is`, cause });
    }
  }
  return { next_sequence: (journals.at(-1) ?? 0) + 1, corrupt_places: corrupt };
}
