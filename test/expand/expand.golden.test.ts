/**
 * What SDKs send, and the rows it becomes. Each folder of `test/golden/expand` holds `parts.json` (headers without
 * `bytes`; a body that is no text is sent as JSON) and `rows.json` (without the columns that are null). After a wanted
 * change, run with `-u` and read the difference.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PartHeader } from '../../schemas/pack.ts';
import { expandParts, part } from './packs.ts';

const FOLDER = join(import.meta.dirname, '../golden/expand');

interface GoldenPart {
  header: Omit<PartHeader, 'bytes'>;
  body: unknown;
}

test.each(readdirSync(FOLDER))('%s becomes the rows on file', async (name) => {
  const parts: GoldenPart[] = JSON.parse(readFileSync(join(FOLDER, name, 'parts.json'), 'utf8'));
  const rows = expandParts(...parts.map(({ header, body }) => part(header.form, body, header)));
  const shown = rows.map((row) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)));
  await expect(`${JSON.stringify(shown, null, 2)}\n`).toMatchFileSnapshot(join(FOLDER, name, 'rows.json'));
});
