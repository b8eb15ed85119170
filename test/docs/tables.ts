/** The tables in the documents that are made from the code. */
import { columnsMarkdown } from '../../lakehouse/append/columns-markdown.ts';
import { tableFileKey } from '../../lakehouse/catalog/objects.ts';
import { EMPTY_SNAPSHOT } from '../../lakehouse/catalog/snapshot.ts';
import type { TableFile } from '../../lakehouse/catalog/table-file.ts';
import { type Engine, statementsFor } from '../../lakehouse/operate/attach.ts';
import { REPORTS } from '../../lakehouse/report/definitions.ts';
import { VIEWS } from '../../lakehouse/sql/views.ts';
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

const LANGUAGES: Record<Engine, string> = {
  duckdb: 'sql',
  'duckdb-files': 'sql',
  spark: 'sh',
  pyiceberg: 'python',
  clickhouse: 'python',
};

export const TABLES: readonly Table[] = [
  { document: 'docs/data-model.md', name: 'columns', markdown: columnsMarkdown() },
  { document: 'docs/api.md', name: 'errors', markdown: errorsMarkdown() },
  { document: 'docs/reports.md', name: 'reports', markdown: reportsMarkdown() },
  { document: 'docs/sql.md', name: 'views', markdown: viewsMarkdown() },
  { document: 'docs/lake.md', name: 'folder', markdown: attachMarkdown('file:///var/lib/inlet/lake') },
  { document: 'docs/lake.md', name: 'bucket', markdown: attachMarkdown('s3://inlet-lake') },
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
  return REPORTS.map(({ name, grain, description, columns, parameters }) => {
    const columnsTable = table(
      ['column', 'type', 'what it says'],
      columns.map((column) => [`\`${column.name}\``, column.type, column.text]),
    );
    const parametersTable = table(
      ['parameter', 'type', 'default', 'what it does'],
      parameters.map((parameter) => [
        `\`${parameter.name}\``,
        parameter.type.replaceAll('|', ' or '),
        `\`${JSON.stringify(parameter.default)}\``,
        parameter.text,
      ]),
    );
    return `\n## ${name}\n\n${description} It has ${grain}.\n\n${columnsTable}${parameters.length === 0 ? '' : `\n${parametersTable}`}`;
  }).join('');
}

function viewsMarkdown(): string {
  const ofTheirOwn = VIEWS.filter(({ name }) => ['users', 'people', 'products'].includes(name));
  const columns = ofTheirOwn.map(
    (view) =>
      `\n\`${view.name}\`:\n\n${table(
        ['column', 'type', 'what it says'],
        view.columns.map((column) => [`\`${column.name}\``, column.type, column.text]),
      )}`,
  );
  return (
    table(
      ['view', 'what it has'],
      VIEWS.map(({ name, text }) => [`\`${name}\``, text]),
    ) + columns.join('')
  );
}

/** As `inlet lake attach` prints it for this lake, with two files in the table. */
function attachMarkdown(lake_uri: string): string {
  const s3 = { endpoint: 'https://account-id.r2.cloudflarestorage.com', region: 'auto' };
  const files = ['page', 'track'].map((type) => fileOf('2026-01-31', type));
  return statementsFor({ lake_uri, s3 }, { ...EMPTY_SNAPSHOT, version: 42 }, files)
    .map(
      ({ engine, title, notes, text }) =>
        `${[`**${title}.**`, ...notes].join(' ')}\n\n\`\`\`${LANGUAGES[engine]}\n${text}\`\`\`\n`,
    )
    .join('\n');
}

function fileOf(date: string, type: string): TableFile {
  const none = new Map<number, never>();
  const statistics = {
    column_sizes: none,
    value_counts: none,
    null_value_counts: none,
    nan_value_counts: none,
    lower_bounds: none,
    upper_bounds: none,
  };
  return { key: tableFileKey(date, type, `…${type}`), date, type, rows: 1, bytes: 1, statistics };
}

function table(head: readonly string[], rows: readonly string[][]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}
