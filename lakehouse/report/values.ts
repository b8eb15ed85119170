/** Values of a report as JSON, wherever they were read from. */
import type { ColumnType } from './header.ts';

export type ReportValue = string | number | null;

export interface ReportResult {
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  /** In the order of the columns; by day first. */
  readonly rows: readonly (readonly ReportValue[])[];
  /** Every event that arrived before this time is counted, epoch milliseconds; null where nothing is. */
  readonly asOf: number | null;
}

/** @param value as hyparquet or DuckDB's JavaScript values have it. @throws TypeError where it is not of the type */
export function reportValue(value: unknown, type: ColumnType): ReportValue {
  if (value === null || value === undefined) return null;
  if (type === 'date' && value instanceof Date) return value.toISOString().slice(0, 10);
  if (type === 'string' && typeof value === 'string') return value;
  if (type === 'integer' && typeof value === 'bigint') return Number(value);
  if (type === 'number' && typeof value === 'number') return value;
  throw new TypeError(`A report has a ${typeof value} where a ${type} is due`);
}
