import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from './errno.ts';

const LIMIT_MAX = 1_000;

export interface ListOptions {
  readonly prefix?: string;
  readonly cursor?: string;
  readonly limit?: number;
  readonly delimiter?: string;
  readonly startAfter?: string;
}

export interface NamePage {
  readonly keys: string[];
  readonly delimitedPrefixes: string[];
  /** Where the next page starts; undefined on the last one. */
  readonly cursor: string | undefined;
}

/**
 * One page of the keys below `root`, in the order of their UTF-8 bytes. Only the folder that the prefix names is walked,
 * and of that only what lies after the cursor.
 */
export async function listFolder(root: string, hidden: string, options: ListOptions): Promise<NamePage> {
  const { prefix = '', delimiter = '', startAfter = '', limit = LIMIT_MAX } = options;
  if (!(limit >= 1 && limit <= LIMIT_MAX)) throw new RangeError(`a page holds 1 to ${LIMIT_MAX} objects, not ${limit}`);
  const seen = options.cursor === undefined ? '' : Buffer.from(options.cursor, 'base64url').toString();
  const keys: string[] = [];
  const delimitedPrefixes: string[] = [];
  let last = seen;
  let group: string | null = null;

  const skips = (name: string): boolean => {
    if (name === hidden || (group !== null && name.startsWith(group))) return true;
    return isWhollyBefore(name, startAfter) || isWhollyBefore(name, seen);
  };
  for await (const key of walk(root, prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix, skips)) {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const name = end === -1 ? key : key.slice(0, end + delimiter.length);
    if (end !== -1) group = name;
    if (compareKeys(name, seen) <= 0) continue;
    if (keys.length + delimitedPrefixes.length === limit) {
      return { keys, delimitedPrefixes, cursor: Buffer.from(last).toString('base64url') };
    }
    (end === -1 ? keys : delimitedPrefixes).push(name);
    last = name;
  }
  return { keys, delimitedPrefixes, cursor: undefined };
}

/** @param folder '' or a key prefix that ends in '/'. */
async function* walk(
  root: string,
  folder: string,
  prefix: string,
  skips: (name: string) => boolean,
): AsyncGenerator<string> {
  for (const name of await readNames(root, folder)) {
    if (!name.startsWith(prefix) || skips(name)) continue;
    if (name.endsWith('/')) yield* walk(root, name, prefix, skips);
    else yield name;
  }
}

/**
 * The files and folders in a folder, a folder with its '/': so `a.b` sorts before `a/`, as it does among keys, and the
 * walk is in key order.
 */
async function readNames(root: string, folder: string): Promise<string[]> {
  try {
    const entries = await readdir(join(root, folder), { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() || entry.isDirectory())
      .map((entry) => Buffer.from(`${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`))
      .sort(Buffer.compare)
      .map((name) => name.toString());
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** Whether the key, or every key in the folder, is `mark` or comes before it. */
function isWhollyBefore(name: string, mark: string): boolean {
  if (name.endsWith('/') && mark.startsWith(name)) return false;
  return compareKeys(name, mark) <= 0;
}

function compareKeys(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
