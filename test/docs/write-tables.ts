/** Writes the tables that are made from the code into the documents: `bun test/docs/write-tables.ts`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../tidy/source.ts';
import { block, readDocument } from './documents.ts';
import { TABLES } from './tables.ts';

for (const { document, name, markdown } of TABLES) {
  const found = readDocument(document);
  const old = block(found, name);
  if (old === null) throw new Error(`${document} has no <!-- ${name} --> block`);
  writeFileSync(
    join(ROOT, document),
    found.text.replace(`<!-- ${name} -->\n${old}`, () => `<!-- ${name} -->\n${markdown}`),
  );
}
