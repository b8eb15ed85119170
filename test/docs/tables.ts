/** The tables in the documents that are made from the code. */
import { columnsMarkdown } from '../../lakehouse/append/columns-markdown.ts';
import { REPORTS } from '../../lakehouse/report/definitions.ts';
import { ERRORS } from '../../schemas/errors.ts';

export interface Table {
  readonly document: string;
  /** The name in the markers around it. */
  readonly name: string;
  readonly markdown: string;
}

const SCOPES = {
  request: 'the whole request',
  event: 'one event, rejected',
  warning: 'one event, stored',
  query: 'reading',
};

export const TABLES: readonly Table[] = [
  { document: 'docs/data-model.md', name: 'columns', markdown: columnsMarkdown() },
  { document: 'docs/api.md', name: 'errors', markdown: errorsMarkdown() },
  { document: 'docs/api.md', name: 'reports', markdown: reportsMarkdown() },
];

function errorsMarkdown(): string {
  const errors = Object.entries(ERRORS).map(([code, { http, retry, scope, text }]) => [
    `\`${code}\``,
    String(http),
    retry ? 'yes' : 'no',
    SCOPES[scope],
    text,
  ]);
  return table(['code', 'status', 'send again', 'concerns', 'text'], errors);
}

function reportsMarkdown(): string {
  const reports = REPORTS.map(({ name, grain, description, columns }) => [
    `\`${name}\``,
    grain,
    description,
    columns.map((column) => `\`${column.name}\``).join(', '),
  ]);
  return table(['report', 'grain', 'what it says', 'columns'], reports);
}

function table(head: readonly string[], rows: readonly string[][]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}
