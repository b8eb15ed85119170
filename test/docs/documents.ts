/** The Markdown files of the project, and the parts of them that tests look at. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../tidy/source.ts';

export interface Document {
  /** From the root of the project. */
  readonly path: string;
  readonly text: string;
}

export function readDocument(path: string): Document {
  return { path, text: readFileSync(join(ROOT, path), 'utf8') };
}

export function documents(): Document[] {
  const top = readdirSync(ROOT).filter((name) => name.endsWith('.md'));
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name));
  return [...top, ...docs].sort().map(readDocument);
}

/** The code blocks of one language, or of every language, without their fences. */
export function codeBlocks({ text }: Document, language?: string): string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, found]) => language === undefined || found === language)
    .map(([, , code = '']) => code);
}

/** The text without its code blocks. */
export function prose({ text }: Document): string {
  return text.replace(/^```\w*\n[\s\S]*?^```$/gm, '');
}

/** What stands between `<!-- name -->` and `<!-- /name -->`; null where the markers are missing. */
export function block({ text }: Document, name: string): string | null {
  return new RegExp(`<!-- ${name} -->\\n([\\s\\S]*?)<!-- /${name} -->`).exec(text)?.[1] ?? null;
}

/** The anchors that headings make, as GitHub names them. */
export function anchors(document: Document): string[] {
  return [...prose(document).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
