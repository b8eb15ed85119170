/** The notebooks that come with Inlet, and those of a team's own folder beside them. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Notebook, NotebookError, parseNotebook } from './notebook.ts';

const OURS = import.meta.dirname;

/** In the order of their names, the team's after ours; of two with one name the team's. */
export async function listNotebooks(folder: string | null): Promise<string[]> {
  const names = (await Promise.all([OURS, folder].map(namesIn))).flat();
  return [...new Set(names)];
}

/** Read anew at each call. @throws NotebookError when there is none of this name, or it is not one */
export async function loadNotebook(name: string, folder: string | null): Promise<Notebook> {
  for (const place of [folder, OURS]) {
    if (place === null || !(await namesIn(place)).includes(name)) continue;
    return parseNotebook(name, await readFile(join(place, `${name}.html`), 'utf8'));
  }
  throw new NotebookError(`There is no notebook ${name}. There are ${(await listNotebooks(folder)).join(', ')}.`);
}

async function namesIn(folder: string | null): Promise<string[]> {
  if (folder === null) return [];
  try {
    return (await readdir(folder))
      .filter((file) => file.endsWith('.html'))
      .map((file) => basename(file, '.html'))
      .sort();
  } catch (error) {
    throw new NotebookError(`The notebooks of ${folder} cannot be read: ${String(error)}`);
  }
}
