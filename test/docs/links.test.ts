import { existsSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOMS, ROOT } from '../tidy/source.ts';
import { anchors, type Document, documents, prose, readDocument } from './documents.ts';

const all = documents().map((document) => [document.path, document] as const);

/** Links to a place in the project: the text after `](`, without links to other sites. */
function ownLinks(document: Document): string[] {
  return [...prose(document).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

function isBroken(document: Document, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? document.path : normalize(join(dirname(document.path), file));
  if (!existsSync(join(ROOT, path))) return true;
  return anchor !== undefined && !anchors(readDocument(path)).includes(anchor);
}

/** Paths in backticks that begin with a folder of ours; a `*` or `<…>` in one stands for many files. */
function namedPaths(document: Document): string[] {
  return [...prose(document).matchAll(/`((?:docs|\.ci|[a-z]+)\/[\w./-]*)`/g)]
    .map(([, path = '']) => path)
    .filter((path) => [...ROOMS, 'docs', '.ci'].some((room) => path.startsWith(`${room}/`)));
}

describe('the documents', () => {
  it.each(all)('%s: every link within the project leads somewhere', (_, document) => {
    expect(ownLinks(document).filter((link) => isBroken(document, link))).toEqual([]);
  });

  it.each(all)('%s: every file it names is there', (_, document) => {
    expect(namedPaths(document).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('the list of decisions holds each of them, under its title', () => {
    const written = all
      .filter(([path]) => /^docs\/adr\/\d{4}-/.test(path))
      .map(
        ([path, { text }]) =>
          `| ${basename(path).slice(0, 4)} | [${/^# [\d.]+ (.+)$/m.exec(text)?.[1]}](${basename(path)}) |`,
      );
    const listed = readDocument('docs/adr/README.md').text.match(/^\| \d{4} .*$/gm);
    expect(listed).toEqual(written);
  });
});
