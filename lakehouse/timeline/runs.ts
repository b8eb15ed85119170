/** Where the rows of a run come from: new ones from the table, others from runs that become one. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { LocalFiles } from '../../platform/ports.ts';
import { BUCKETS } from '../../schemas/buckets.ts';
import type { TimelineRun } from '../../schemas/timeline.ts';
import { eventFiles, pathList } from '../sql/columns.ts';
import { allRows, asNumber } from '../sql/duckdb.ts';
import { type BucketRange, planRanges, type Slice } from './plan.ts';
import { TEXT_BYTES } from './split.ts';
import { GONE, LIVE, ROW_KEY, type RunWriter, WHOLE, writeRun } from './write.ts';

/** Text takes less than this part of its bytes in a file: a twentieth as a rule, more where it repeats little. */
const COMPRESSION = 8;

export interface RunPorts {
  readonly files: LocalFiles;
}

/** Rows that the table has since, and marks for those that it has no more. @returns null where there are none */
export async function takeIn({ files }: RunPorts, writer: RunWriter, slice: Slice): Promise<TimelineRun | null> {
  const { connection } = writer;
  const added = await files.pin(slice.add.map(({ key }) => key));
  const removed = await files.pin(slice.remove);
  try {
    const [add, remove] = [eventFiles(added.paths), eventFiles(removed.paths)];
    await keepNoOrder(connection);
    await connection.run(
      slice.remove.length === 0
        ? `create temp table fresh as select ${LIVE} from ${add}`
        : `create temp table before as select ${ROW_KEY} from ${remove};
           create temp table fresh as
             select ${LIVE} from ${add} anti join before using (${ROW_KEY})
             union all select ${GONE} from ${remove} anti join (select ${ROW_KEY} from ${add}) using (${ROW_KEY})`,
    );
  } finally {
    await added.release();
    await removed.release();
  }
  const [found] = await allRows(
    connection,
    `select count(*) as rows, coalesce(sum(${TEXT_BYTES}), 0)::DOUBLE as bytes from fresh`,
  );
  const size = { rows: asNumber(found?.rows), bytes: asNumber(found?.bytes) / COMPRESSION };
  const ranges = planRanges([{ first: 0, last: BUCKETS - 1, ...size }]);
  return writeRun(writer, ranges, (range, use) => use(`(select * from fresh where ${within(range)})`));
}

/** @param count how many of the youngest become one. @returns null where no row is left */
export async function merge(
  { files }: RunPorts,
  writer: RunWriter,
  runs: readonly TimelineRun[],
  count: number,
): Promise<TimelineRun | null> {
  await keepNoOrder(writer.connection);
  const merged = runs.slice(0, count);
  const isWhole = count === runs.length;
  const held = merged
    .flatMap((run) => run.files)
    .map((file) => ({ ...rangeOf(file), rows: file.rows, bytes: file.bytes }));
  return writeRun(writer, planRanges(held), async (range, use) => {
    const keys = merged.map((run) => run.files.filter((file) => meets(rangeOf(file), range)).map(({ key }) => key));
    const pinned = await files.pin(keys.flat());
    try {
      const paths = new Map(keys.flat().map((key, place) => [key, pinned.paths[place] ?? '']));
      const pathsOf = keys.map((some) => some.map((key) => paths.get(key) ?? ''));
      const hasGone = merged.some(({ gone }) => gone > 0);
      await use(
        hasGone
          ? youngestOf(pathsOf, range, isWhole)
          : `(select ${WHOLE} from ${filesAt(pathsOf.flat())} where ${within(range)})`,
      );
    } finally {
      await pinned.release();
    }
  });
}

/** Rows are sorted as they are written; to keep that of hundreds of files as well takes buffers of each of them. */
async function keepNoOrder(connection: DuckDBConnection): Promise<void> {
  await connection.run('set preserve_insertion_order = false');
}

/** Of what several runs say of a row, what the youngest says. @param isWhole whether no older run is left */
function youngestOf(paths: readonly (readonly string[])[], range: BucketRange, isWhole: boolean): string {
  const runs = paths
    .map((files, age) => ({ files, age }))
    .filter(({ files }) => files.length > 0)
    .map(({ files, age }) => `select ${WHOLE}, ${age} as age from ${filesAt(files)} where ${within(range)}`);
  return `(select ${WHOLE} from (
    select * from (${runs.join(' union all ')}) qualify row_number() over (partition by ${ROW_KEY} order by age) = 1
  ) ${isWhole ? 'where not gone' : ''})`;
}

function filesAt(paths: readonly string[]): string {
  return `read_parquet(${pathList(paths)})`;
}

function within({ first, last }: BucketRange): string {
  return `bucket between ${first} and ${last}`;
}

function rangeOf({ first_bucket, last_bucket }: { first_bucket: number; last_bucket: number }): BucketRange {
  return { first: first_bucket, last: last_bucket };
}

function meets(left: BucketRange, right: BucketRange): boolean {
  return left.first <= right.last && right.first <= left.last;
}
