import type { TableFile } from '../../lakehouse/catalog/snapshot.ts';

/** A file of the table, of which only key, day and size matter. */
export function file(key: string, date = '2026-03-28', bytes = 10): TableFile {
  const bounds = { received_min: 1, received_max: 2, timestamp_min: 1, timestamp_max: 2 };
  return { key, date, type: 'track', rows: 1, bytes, ...bounds, user_key_min: 'a', user_key_max: 'b' };
}
