import { describe, expect, it } from 'vitest';
import { block, readDocument } from './documents.ts';
import { TABLES } from './tables.ts';

describe('tables made from the code', () => {
  it.each(TABLES)('the "$name" table of $document is up to date (else: bun test/docs/write-tables.ts)', (table) => {
    expect(block(readDocument(table.document), table.name)).toBe(table.markdown);
  });
});
