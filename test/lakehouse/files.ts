import { RECEIVED_ID } from '../../lakehouse/catalog/iceberg/types.ts';
import { longBytes } from '../../lakehouse/catalog/iceberg/values.ts';
import type { TableFile } from '../../lakehouse/catalog/table-file.ts';

/** A file of the table, of which only key, day and size matter. */
export function file(key: string, date = '2026-03-28', bytes = 10): TableFile {
  const statistics = {
    column_sizes: new Map(),
    value_counts: new Map(),
    null_value_counts: new Map(),
    nan_value_counts: new Map(),
    lower_bounds: new Map([[RECEIVED_ID, longBytes(1_000n)]]),
    upper_bounds: new Map([[RECEIVED_ID, longBytes(2_000n)]]),
  };
  return { key, date, type: 'track', rows: 1, bytes, statistics };
}
