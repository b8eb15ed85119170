/** A notebook as one HTML file that needs nothing else: no network, no server. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { marked } from 'marked';
import type { JsonRow, JsonValue, QueryResult } from '../sql/query.ts';
import type { Cell, Notebook } from './notebook.ts';

/** What came of a cell. */
export type Answer =
  | { readonly columns: QueryResult['columns']; readonly rows: readonly JsonRow[] }
  | { readonly code: string }
  | { readonly error: string };

const TABLE_ROWS_MAX = 50;

/** Nothing can be fetched or sent: what is in the lake stays in the page. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/** @param asOf newest arrival in the log, epoch milliseconds; null when it is empty */
export async function renderPage(
  notebook: Notebook,
  answers: ReadonlyMap<Cell, Answer>,
  asOf: number | null,
): Promise<string> {
  const cells = await Promise.all(notebook.cells.map((cell) => renderCell(cell, answers.get(cell))));
  const tables = [...answers].flatMap(([{ output }, answer]) =>
    output !== null && 'rows' in answer ? [[output, answer] as const] : [],
  );
  const code = [...answers].flatMap(([{ id }, answer]) =>
    'code' in answer
      ? [`[${json(id)}, async (Plot, d3, display, width, ${parameters(tables)}) => {${answer.code}\n}]`]
      : [],
  );
  const newest = asOf === null ? 'The log is empty.' : `The newest event arrived ${new Date(asOf).toISOString()}.`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<link rel="icon" href="data:,">
<title>${escapeHtml(notebook.title)}</title>
<style>
${await readFile(join(import.meta.dirname, 'page.css'), 'utf8')}</style>
</head>
<body>
<main>
${cells.join('\n')}
<footer>${newest} Times are UTC.</footer>
</main>
<script>${await library('d3', 'd3.min.js')}</script>
<script>${await library('@observablehq/plot', 'plot.umd.min.js')}</script>
<script>
const tables = ${json(Object.fromEntries(tables))};
const cells = [
${code.join(',\n')}
];
${await readFile(join(import.meta.dirname, 'page.js'), 'utf8')}</script>
</body>
</html>
`;
}

/** The builds of the libraries for script elements are in their packages, beside the modules. */
async function library(name: string, file: string): Promise<string> {
  const entry = createRequire(import.meta.url).resolve(name);
  return readFile(join(dirname(entry), '..', 'dist', file), 'utf8');
}

function parameters(tables: readonly (readonly [string, unknown])[]): string {
  return `{ ${tables.map(([output]) => output).join(', ')} }`;
}

async function renderCell(cell: Cell, answer: Answer | undefined): Promise<string> {
  return `<section id="cell-${escapeHtml(cell.id)}" class="cell ${cell.kind}">${await contentOf(cell, answer)}</section>`;
}

async function contentOf({ kind, source, hidden }: Cell, answer: Answer | undefined): Promise<string> {
  if (kind === 'markdown') return marked.parse(source);
  if (kind === 'html') return source;
  if (answer === undefined || 'code' in answer) return '';
  if ('error' in answer) return `<pre class="error">${escapeHtml(answer.error)}</pre>${sourceOf(source)}`;
  return hidden ? '' : `${tableOf(answer.columns, answer.rows)}${sourceOf(source)}`;
}

function sourceOf(source: string): string {
  return `<details><summary>Source</summary><pre>${escapeHtml(source)}</pre></details>`;
}

function tableOf(columns: QueryResult['columns'], rows: readonly JsonRow[]): string {
  const classes = columns.map((_, index) =>
    rows.some((row) => typeof row[index] === 'number') ? ' class="number"' : '',
  );
  const head = columns.map(({ name }, index) => `<th${classes[index]}>${escapeHtml(name)}</th>`).join('');
  const line = (row: JsonRow): string =>
    `<tr>${row.map((value, index) => `<td${classes[index]}>${escapeHtml(textOf(value))}</td>`).join('')}</tr>`;
  const more = rows.length - TABLE_ROWS_MAX;
  const note = rows.length === 0 ? 'No rows.' : more > 0 ? `and ${more.toLocaleString('en')} more rows` : '';
  return `<div class="scroll" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>
${rows.slice(0, TABLE_ROWS_MAX).map(line).join('\n')}
</tbody></table></div>${note === '' ? '' : `<p class="note">${note}</p>`}`;
}

function textOf(value: JsonValue): string {
  if (value === null) return '';
  if (typeof value === 'number') return value.toLocaleString('en', { maximumFractionDigits: 3 });
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** JSON that cannot end the script element it stands in. */
function json(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
