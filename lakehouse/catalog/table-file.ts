/** One Parquet file of the table, and what is known of it without opening it. */
import { RECEIVED_ID } from './iceberg/types.ts';
import { millisecondsOf } from './iceberg/values.ts';

/** By field id, as Iceberg has them. Bounds are inclusive; of long texts they are cut. */
export interface Statistics {
  /** Bytes in the file. */
  readonly column_sizes: ReadonlyMap<number, number>;
  /** Nulls included. */
  readonly value_counts: ReadonlyMap<number, number>;
  readonly null_value_counts: ReadonlyMap<number, number>;
  readonly nan_value_counts: ReadonlyMap<number, number>;
  readonly lower_bounds: ReadonlyMap<number, Uint8Array>;
  readonly upper_bounds: ReadonlyMap<number, Uint8Array>;
}

export interface TableFile {
  readonly key: string;
  /** UTC day of `timestamp` of every row: 2026-01-31. */
  readonly date: string;
  /** Call type of every row, or `failed`. */
  readonly type: string;
  readonly rows: number;
  readonly bytes: number;
  readonly statistics: Statistics;
}

/** Oldest arrival in the file, epoch milliseconds. @throws Error when the file does not say */
export function receivedMin({ key, statistics }: TableFile): number {
  return arrival(key, statistics.lower_bounds.get(RECEIVED_ID));
}

/** Newest arrival in the file, epoch milliseconds. @throws Error when the file does not say */
export function receivedMax({ key, statistics }: TableFile): number {
  return arrival(key, statistics.upper_bounds.get(RECEIVED_ID));
}

function arrival(key: string, bound: Uint8Array | undefined): number {
  if (bound === undefined) throw new Error(`${key} has no bounds of received_at`);
  return millisecondsOf(bound);
}
