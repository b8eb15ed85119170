/** The order of rows in every event file: by user key, then time. */
import type { EventRow } from '../../schemas/columns.ts';

/** (user_key, timestamp, source, message_id); pack id and index part the copies of one event, winner first. */
export function compareRows(left: EventRow, right: EventRow): number {
  return (
    compareText(left.user_key, right.user_key) ||
    left.timestamp - right.timestamp ||
    compareText(left.source, right.source) ||
    compareText(left.message_id, right.message_id) ||
    left.received_at - right.received_at ||
    compareText(left.pack_id, right.pack_id) ||
    left.pack_index - right.pack_index
  );
}

/**
 * UTF-8 byte order, as Parquet statistics, DuckDB and SQLite have it, of well-formed text. JavaScript's own `<` puts
 * surrogate pairs before U+E000 to U+FFFF.
 */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const difference = rank(left.charCodeAt(index)) - rank(right.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Surrogates stand for characters after U+FFFF. */
function rank(unit: number): number {
  return unit < 0xd800 || unit > 0xdfff ? unit : unit + 0x10000;
}
