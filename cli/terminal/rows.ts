/** Rows as text: a table for people, JSON and CSV for programs. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import Table from 'cli-table3';
import type { JsonRow, JsonValue } from '../../lakehouse/sql/query.ts';

export const FORMATS = ['table', 'json', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

const TABLE_ROWS_MAX = 1_000;

export interface Rows {
  readonly columns: readonly { readonly name: string }[];
  readonly batches: AsyncIterable<readonly JsonRow[]> | Iterable<readonly JsonRow[]>;
}

/** Writes to standard output, as fast as its reader takes it. */
export async function printRows(rows: Rows, format: Format): Promise<void> {
  try {
    await pipeline(Readable.from(WRITERS[format](rows)), process.stdout, { end: false });
  } catch (error) {
    // A reader such as `head` has seen enough.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error;
  }
}

/** The same as one text, of rows that are all there. */
export async function formatRows(
  { columns, rows }: { columns: Rows['columns']; rows: readonly JsonRow[] },
  format: Format,
): Promise<string> {
  return (await Array.fromAsync(WRITERS[format]({ columns, batches: [rows] }))).join('');
}

const WRITERS = { json, csv, table } as const;

async function* json({ columns, batches }: Rows): AsyncGenerator<string> {
  let separator = '[\n';
  for await (const batch of batches) {
    for (const row of batch) {
      const object = Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null]));
      yield `${separator}${JSON.stringify(object)}`;
      separator = ',\n';
    }
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}

/** RFC 4180; null is an empty field. */
async function* csv({ columns, batches }: Rows): AsyncGenerator<string> {
  yield csvLine(columns.map(({ name }) => name));
  for await (const batch of batches) yield batch.map((row) => csvLine(row.map(cell))).join('');
}

function csvLine(fields: readonly string[]): string {
  const quoted = fields.map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field));
  return `${quoted.join(',')}\n`;
}

async function* table({ columns, batches }: Rows): AsyncGenerator<string> {
  const shown: JsonRow[] = [];
  let count = 0;
  for await (const batch of batches) {
    shown.push(...batch.slice(0, TABLE_ROWS_MAX - shown.length));
    count += batch.length;
  }
  const drawn = new Table({
    head: columns.map(({ name }) => visible(name)),
    colAligns: columns.map((_, index) => (shown.some((row) => typeof row[index] === 'number') ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
  });
  for (const row of shown) {
    drawn.push(row.map((value) => visible(typeof value === 'number' ? value.toLocaleString('en') : cell(value))));
  }
  yield `${drawn.toString()}\n`;
  const more = count - shown.length;
  if (more > 0) yield `and ${more.toLocaleString('en')} more rows: see them with --format csv or json\n`;
}

function cell(value: JsonValue): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** What apps send must not steer the terminal. */
export function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
