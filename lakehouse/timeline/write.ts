/** Runs of the timeline: rows sorted by bucket and user, a range of buckets a file. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ObjectStore, Random } from '../../platform/ports.ts';
import { BUCKETS } from '../../schemas/buckets.ts';
import {
  groupsKey,
  TIMELINE_COLUMNS,
  type TimelineFile,
  type TimelineRun,
  timelineFileKey,
} from '../../schemas/timeline.ts';
import { encodeTimelineGroups } from '../../schemas/timeline-parse.ts';
import { allRows, asNumber, asText, literal } from '../sql/duckdb.ts';
import { type GroupContent, groupExtents, groupsOf } from './groups.ts';
import type { BucketRange } from './plan.ts';
import { splitLarge } from './split.ts';

const NAME_DIGITS = 32;
/** The fewest that DuckDB puts into a row group: what a reader fetches for one user. Fewer where they are large: split.ts. */
const GROUP_ROWS = 2_048;
const COPY_OPTIONS = `FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, ROW_GROUP_SIZE ${GROUP_ROWS}`;

/** As `bucketOfDigest` has it: the first two bytes of the hash. */
const BUCKET = `(('0x' || substr(md5(user_key), 1, 4))::INTEGER % ${BUCKETS})`;
/** What parts rows of the log: an event has one place in one pack. */
export const ROW_KEY = 'pack_id, pack_index';
const ORDER = 'bucket, user_key, "timestamp", source, message_id, pack_id, pack_index';

const COLUMN_NAMES = TIMELINE_COLUMNS.map((name) => `"${name}"`);
/** Columns of a row that is gone: where it was, and which. */
const PLACE_COLUMNS = new Set<string>([
  ...['user_key', 'timestamp', 'source', 'message_id', 'type', 'received_at', 'pack_id', 'pack_index'],
]);

/** Of rows of the table. */
export const LIVE = `${BUCKET} as bucket, false as gone, ${COLUMN_NAMES.join(', ')}`;
/** The same for rows that the table has no more. */
export const GONE = `${BUCKET} as bucket, true as gone, ${TIMELINE_COLUMNS.map((name) =>
  PLACE_COLUMNS.has(name) ? `"${name}"` : `NULL as "${name}"`,
).join(', ')}`;
/** Of rows of timeline files. */
export const WHOLE = `bucket, gone, ${COLUMN_NAMES.join(', ')}`;

export interface RunWriter {
  readonly connection: DuckDBConnection;
  readonly lake: ObjectStore;
  readonly random: Random;
  /** For temporary files. */
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
}

interface WrittenFile extends Omit<TimelineRun, 'files'> {
  readonly file: TimelineFile;
}

/**
 * @param ranges of buckets, ascending; none of two
 * @param rowsOf a table expression with the rows of a range, in any order
 * @returns null where there are none
 */
export async function writeRun(
  writer: RunWriter,
  ranges: readonly BucketRange[],
  rowsOf: (range: BucketRange, use: (rows: string) => Promise<void>) => Promise<void>,
): Promise<TimelineRun | null> {
  const written: WrittenFile[] = [];
  for (const range of ranges) {
    writer.signal?.throwIfAborted();
    await rowsOf(range, async (rows) => {
      const file = await writeFile(writer, rows);
      if (file !== null) written.push(file);
    });
  }
  if (written.length === 0) return null;
  return {
    rows: written.reduce((sum, { rows }) => sum + rows, 0),
    gone: written.reduce((sum, { gone }) => sum + gone, 0),
    oldest: Math.min(...written.map(({ oldest }) => oldest)),
    newest: Math.max(...written.map(({ newest }) => newest)),
    files: written.map(({ file }) => file),
  };
}

async function writeFile(writer: RunWriter, rows: string): Promise<WrittenFile | null> {
  const { connection, lake, random, folder } = writer;
  const path = join(folder, 'run.parquet');
  await connection.run(`copy (select * from ${rows} order by ${ORDER}) to ${literal(path)} (${COPY_OPTIONS})`);
  const bytes = await splitLarge(connection, path, folder, COPY_OPTIONS);
  const [found] = await allRows(
    connection,
    `select count(*) as rows, count_if(gone) as gone, epoch_ms(min("timestamp")) as oldest,
       epoch_ms(max("timestamp")) as newest, min(bucket) as first, max(bucket) as last
     from read_parquet(${literal(path)})`,
  );
  const count = asNumber(found?.rows);
  if (found === undefined || count === 0) return null;
  const starts = groupExtents(bytes).map(({ start }) => start);
  const contents = await contentsOf(connection, path, starts);
  await rm(path);
  const groups = encodeTimelineGroups(groupsOf(bytes, contents));
  const key = timelineFileKey(random.hex(NAME_DIGITS));
  await lake.put(key, bytes);
  await lake.put(groupsKey(key), gzipSync(groups));
  return {
    ...{ rows: count, gone: asNumber(found.gone), oldest: asNumber(found.oldest), newest: asNumber(found.newest) },
    file: {
      ...{ key, bytes: bytes.byteLength, rows: count },
      ...{ first_bucket: asNumber(found.first), last_bucket: asNumber(found.last) },
    },
  };
}

/** @param starts the first row of each row group */
async function contentsOf(
  connection: DuckDBConnection,
  path: string,
  starts: readonly number[],
): Promise<GroupContent[]> {
  const rows = `read_parquet(${literal(path)}, file_row_number = true)`;
  const firstRows = await allRows(
    connection,
    `select bucket, user_key, epoch_ms("timestamp") as "timestamp" from ${rows}
     where file_row_number in (${starts}) order by file_row_number`,
  );
  const counts = await allRows(
    connection,
    `select start, "type", count_if(not gone) - count_if(gone) as events
     from ${rows} asof join (select unnest([${starts}]::BIGINT[]) as start) on file_row_number >= start
     group by start, "type"`,
  );
  const byStart = Map.groupBy(counts, ({ start }) => asNumber(start));
  return firstRows.map(({ bucket, user_key, timestamp }, place) => ({
    ...{ bucket: asNumber(bucket), user_key: asText(user_key), timestamp: asNumber(timestamp) },
    types: Object.fromEntries(
      (byStart.get(starts[place] ?? 0) ?? []).map(({ type, events }) => [asText(type), asNumber(events)]),
    ),
  }));
}
