/** Notebooks in the file format of Observable Notebook Kit 2.1: HTML, with a script element for each cell. */

export type CellKind = 'markdown' | 'html' | 'sql' | 'javascript';

export interface Cell {
  /** Of its element: unique in the notebook. */
  readonly id: string;
  readonly kind: CellKind;
  readonly source: string;
  /** The line of the file on which its element begins, from 1. */
  readonly line: number;
  /** The name by which JavaScript cells know the rows of a SQL cell. */
  readonly output: string | null;
  /** Whether its rows are only for other cells. */
  readonly hidden: boolean;
}

export interface Notebook {
  /** The name of its file, without .html. */
  readonly name: string;
  readonly title: string;
  readonly cells: readonly Cell[];
}

/** The file is not a notebook that Inlet can build. */
export class NotebookError extends Error {
  override readonly name = 'NotebookError';
}

const KINDS: Record<string, CellKind> = {
  'text/markdown': 'markdown',
  'text/html': 'html',
  'application/sql': 'sql',
  module: 'javascript',
};

/** @throws NotebookError with name and line */
export function parseNotebook(name: string, text: string): Notebook {
  const body = /<notebook\b[^>]*>([\s\S]*)<\/notebook>/.exec(text)?.[1];
  if (body === undefined) throw new NotebookError(`${name}.html has no <notebook> element.`);
  const title = /<title>([\s\S]*?)<\/title>/.exec(body)?.[1]?.trim() ?? name;
  const start = text.indexOf(body);
  const cells = [...body.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/g)].map((match, index) => {
    const [, head = '', source = ''] = match;
    const line = text.slice(0, start + match.index).split('\n').length;
    return parseCell({ where: `${name}.html:${line}`, line, number: index + 1 }, attributesOf(head), unindent(source));
  });
  for (const key of ['id', 'output'] as const) {
    const twice = cells.find(
      (cell, index) => cell[key] !== null && cells.findIndex((c) => c[key] === cell[key]) < index,
    );
    if (twice !== undefined)
      throw new NotebookError(`${name}.html:${twice.line}: ${key} ${twice[key]} is taken already.`);
  }
  return { name, title, cells };
}

function parseCell(
  { where, line, number }: { where: string; line: number; number: number },
  attributes: Record<string, string>,
  source: string,
): Cell {
  const type = attributes.type ?? '';
  const kind = KINDS[type];
  if (kind === undefined) {
    throw new NotebookError(`${where}: cells have a type of ${Object.keys(KINDS).join(', ')}, not "${type}".`);
  }
  if (kind !== 'javascript' && source.includes('${')) {
    throw new NotebookError(`${where}: only JavaScript cells can have \${…}.`);
  }
  const output = attributes.output ?? null;
  if (output !== null && (kind !== 'sql' || !/^[A-Za-z_$][\w$]*$/.test(output))) {
    throw new NotebookError(`${where}: output is for SQL cells, and a name of JavaScript.`);
  }
  return { id: attributes.id ?? String(number), kind, source, line, output, hidden: 'hidden' in attributes };
}

function attributesOf(head: string): Record<string, string> {
  return Object.fromEntries(
    [...head.matchAll(/([\w-]+)(?:\s*=\s*"([^"]*)")?/g)].map(([, name = '', value = '']) => [name, value]),
  );
}

/** Without the indentation that all lines have, as the Kit saves cells. */
function unindent(source: string): string {
  const lines = source
    .replace(/^\s*\n/, '')
    .trimEnd()
    .split('\n');
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/));
  const common = Math.min(...indents);
  return Number.isFinite(common) ? lines.map((line) => line.slice(common)).join('\n') : '';
}
