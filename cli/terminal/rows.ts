/** Rows as text: a table for people, JSON and CSV for programs. */
import Table from 'cli-table3';
import type { JsonValue } from '../../lakehouse/sql/query.ts';
import { bar } from './bar.ts';

export const FORMATS = ['table', 'json', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

const TABLE_ROWS_MAX = 1_000;

export interface Rows {
  readonly columns: readonly { readonly name: string }[];
  readonly rows: readonly (readonly JsonValue[])[];
}

/** @param barColumn whose numbers are drawn as bars beside a table */
export function formatRows(rows: Rows, format: Format, barColumn?: string): string {
  if (format === 'json') return `${JSON.stringify(objects(rows), null, 2)}\n`;
  if (format === 'csv') return csv(rows);
  return table(rows, barColumn);
}

function objects({ columns, rows }: Rows): Record<string, JsonValue>[] {
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null])));
}

/** RFC 4180; null is an empty field. */
function csv({ columns, rows }: Rows): string {
  const lines = [columns.map(({ name }) => name), ...rows.map((row) => row.map(cell))];
  return lines.map((fields) => `${fields.map(quoted).join(',')}\n`).join('');
}

function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

function table({ columns, rows }: Rows, barColumn: string | undefined): string {
  const barIndex = columns.findIndex(({ name }) => name === barColumn);
  const shown = rows.slice(0, TABLE_ROWS_MAX);
  const numbers = shown.map((row) => Number(row[barIndex] ?? 0));
  const largest = Math.max(0, ...numbers);
  const isNumeric = columns.map((_, index) => shown.some((row) => typeof row[index] === 'number'));
  const drawn = new Table({
    head: [...columns.map(({ name }) => visible(name)), ...(barIndex < 0 ? [] : [''])],
    colAligns: isNumeric.map((numeric) => (numeric ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
  });
  for (const [position, row] of shown.entries()) {
    const cells = row.map((value) => visible(typeof value === 'number' ? value.toLocaleString('en') : cell(value)));
    drawn.push(barIndex < 0 ? cells : [...cells, bar(numbers[position] ?? 0, largest)]);
  }
  const more = rows.length - shown.length;
  const note = more === 0 ? '' : `and ${more.toLocaleString('en')} more rows: see them with --format csv or json\n`;
  return `${drawn.toString()}\n${note}`;
}

function cell(value: JsonValue): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** What apps send must not steer the terminal. */
function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
