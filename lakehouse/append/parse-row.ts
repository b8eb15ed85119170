/** From what a Parquet reader gives to a row, checked against the column table. */
import { COLUMNS, type ColumnSpec, type EventRow, PRODUCT_FIELDS } from '../../schemas/columns.ts';
import { isJsonObject } from '../../schemas/event.ts';

const CHECKS: Record<ColumnSpec['type'], (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  json: (value) => typeof value === 'string',
  timestamp: (value) => typeof value === 'number',
  uuid: (value) => typeof value === 'string',
  int: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  products: (value) => Array.isArray(value) && value.every(isProduct),
};

/** @throws where a value has not the type of its column, or a column lacks that may not. */
export function parseRow(record: Readonly<Record<string, unknown>>): EventRow {
  const row: Record<string, unknown> = {};
  for (const { name, type } of COLUMNS) {
    const value = record[name] ?? null;
    row[name] = type === 'products' && Array.isArray(value) ? value.map(parseProduct) : value;
  }
  if (isEventRow(row)) return row;
  const misfit = COLUMNS.find((column) => !fits(column, row[column.name]));
  throw new Error(`Column ${misfit?.name} does not hold ${misfit?.type}: ${String(row[misfit?.name ?? ''])}`);
}

function isEventRow(row: Record<string, unknown>): row is EventRow {
  return COLUMNS.every((column) => fits(column, row[column.name]));
}

function fits(column: ColumnSpec, value: unknown): boolean {
  return value === null ? column.nullable : CHECKS[column.type](value);
}

function parseProduct(element: unknown): unknown {
  if (!isJsonObject(element)) return element;
  return Object.fromEntries(PRODUCT_FIELDS.map(({ name }) => [name, element[name] ?? null]));
}

function isProduct(element: unknown): boolean {
  if (!isJsonObject(element)) return false;
  return PRODUCT_FIELDS.every(
    ({ name, type }) => element[name] === null || typeof element[name] === (type === 'string' ? 'string' : 'number'),
  );
}
