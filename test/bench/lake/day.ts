/**
 * Any day of the bench: the base day, moved, with ids of its own. As each row of the base is there once a day, a file of
 * the table holds no text more often than it does after a real day.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { COLUMN_LIST, eventFiles, FIELD_IDS } from '../../../lakehouse/sql/columns.ts';
import { literal } from '../../../lakehouse/sql/duckdb.ts';
import { DAY } from '../support/shop-packs.ts';

const FIRST_DAY_MS = Date.parse(`${DAY}T00:00:00Z`);
/** One row in so many is a copy of one that came one to six days before. */
const COPIES = 100;
/** One row in so many happened one to twenty-nine days before it arrived. */
const LATE = 500;

/** As `encodeSegment` writes them, save for the encodings of pages. */
const COPY_OPTIONS = `FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, ROW_GROUP_SIZE 5000, FIELD_IDS ${FIELD_IDS}`;

/** Of the segments of a day, each as it would be named by the hour of its first arrival. */
export function dayText(day: number): string {
  return new Date(FIRST_DAY_MS + day * 86_400_000).toISOString().slice(0, 10);
}

/** @param day from 0 on */
export async function writeSegment(
  connection: DuckDBConnection,
  { base, day, to }: { readonly base: string; readonly day: number; readonly to: string },
): Promise<void> {
  const moved = (time: string): string => `${time} + to_days(${day})`;
  const changed: Record<string, string> = {
    message_id: MESSAGE_ID,
    pack_id: `(printf('%08x', ${day}) || substr(pack_id::VARCHAR, 9))::UUID`,
    timestamp: `${moved('"timestamp"')} - to_days(late)`,
    original_timestamp: `${moved('original_timestamp')} - to_days(late)`,
    sent_at: moved('sent_at'),
    received_at: moved('received_at'),
  };
  const columns = COLUMN_LIST.split(', ').map((name) => `${changed[name.slice(1, -1)] ?? name} as ${name}`);
  await connection.run(`
    copy (
      select ${columns.join(', ')} from (
        select *, if(draw % ${COPIES} = 1 and ${day} > 6, 1 + draw // ${COPIES} % 6, 0)::INTEGER as copied,
          if(draw % ${LATE} = 0, 1 + draw // ${LATE} % 29, 0)::INTEGER as late,
          md5(concat(message_id, ${day} - copied)) as digits,
          epoch_ms("timestamp" + to_days(${day} - copied))::VARCHAR as sent_ms
        from (select *, hash(message_id, ${day}) as draw, hash(message_id, 0) % 4 as kind from ${eventFiles([base])})
      )
    ) to ${literal(to)} (${COPY_OPTIONS})`);
}

const UUID = `concat(substr(digits, 1, 8), '-', substr(digits, 9, 4), '-4', substr(digits, 14, 3), '-a',
  substr(digits, 18, 3), '-', substr(digits, 21, 12))`;

/** A quarter as phones send them, the rest as browsers and servers do. */
const MESSAGE_ID = `case kind when 0 then ${UUID} when 1 then concat('ajs-next-', sent_ms, '-', ${UUID})
  else concat('node-next-', sent_ms, '-', ${UUID}) end`;
