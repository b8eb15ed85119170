import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isJsonObject } from '../../schemas/event.ts';

/**
 * The operations of a JSON file of `{"<sha256>": "<query>"}`, by their hash.
 *
 * @throws Error that names what is wrong with the file; a hash that is not that of its text is wrong too.
 */
export function readOperations(path: string): ReadonlyMap<string, string> {
  const wrong = (reason: string): Error => new Error(`The operations in ${path}: ${reason}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
  if (!isJsonObject(parsed)) throw wrong('must be one JSON object of {"<sha256>": "<query>"}');
  const operations = new Map<string, string>();
  for (const [hash, query] of Object.entries(parsed)) {
    if (typeof query !== 'string') throw wrong(`"${hash}" must be the text of a query`);
    const own = createHash('sha256').update(query).digest('hex');
    if (own !== hash.toLowerCase()) throw wrong(`"${hash}" is not the SHA-256 of its query, which is ${own}`);
    operations.set(own, query);
  }
  return operations;
}
