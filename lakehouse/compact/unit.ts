/** One unit of compaction: from segments to files of the table, and the change that puts them in its place. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { LocalFiles, ObjectStore, StoredObject } from '../../platform/ports.ts';
import { tableFiles } from '../catalog/files.ts';
import { tableFileKey } from '../catalog/objects.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import type { TableFile } from '../catalog/table-file.ts';
import { COLUMN_LIST, FILE_ORDER } from '../sql/columns.ts';
import { findLosers, stampPending, windowStart, winnersInOneScan } from '../sql/copies.ts';
import { allRows, asNumber, asText, CENTRAL_MEMORY_LIMIT, type DuckDB, openDuckDB } from '../sql/duckdb.ts';
import { askIndex, openIndex } from '../sql/identities.ts';
import { pinBoard } from '../sql/pin-board.ts';
import { gatherIdentities, writeIdentities } from './identities.ts';
import { planMerges } from './plan.ts';
import { type Partition, writeTableFiles } from './write.ts';

const DAY = `strftime(timezone('UTC', "timestamp"), '%Y-%m-%d')`;

export interface UnitPorts {
  readonly lake: ObjectStore;
  readonly files: LocalFiles;
  readonly config: { readonly dedupe_window_days: number };
  readonly signal?: AbortSignal | undefined;
}

export interface UnitOutput {
  /** Uploaded, and named by no snapshot yet. */
  readonly add: readonly TableFile[];
  readonly remove: readonly TableFile[];
  /** Key of the identity index with the rows of the segments, uploaded too. */
  readonly identities: string;
  /** Rows of the segments, copies included. */
  readonly rows: number;
  readonly copies: number;
  /** Newest arrival in the segments, epoch milliseconds. */
  readonly received_max: number;
}

/** Changes nothing that a reader sees: whatever it uploads waits for a commit. */
export async function compactUnit(
  { lake, files, config, signal }: UnitPorts,
  snapshot: Snapshot,
  segments: readonly StoredObject[],
): Promise<UnitOutput> {
  const pins = pinBoard(files);
  const pin = (objects: readonly { readonly key: string }[]) => pins.pin(objects.map(({ key }) => key));
  let duckdb: DuckDB | undefined;
  try {
    duckdb = await openDuckDB({ scratch_dir: files.scratch_dir, memory_limit: CENTRAL_MEMORY_LIMIT, signal });
    const { connection, folder } = duckdb;
    const paths = await pin(segments);
    const arrivals = await stampPending(connection, paths);
    const received_since = windowStart(arrivals.received_min ?? 0, config.dedupe_window_days);
    const index = await openIndex(lake, snapshot);
    const suspicion = await askIndex(connection, index, received_since, pin);
    const near = (await tableFiles(lake, snapshot, suspicion)).filter(suspicion.covers);
    const nearPaths = await pin(near);
    const losers = await findLosers(connection, nearPaths);

    const beaten = near.filter((_, position) => losers.has(nearPaths[position] ?? ''));
    const partitions = await partitionsOf(connection);
    const merges = planMerges(await tableFiles(lake, snapshot, { partitions }));
    const rewritten = [...new Map([...beaten, ...merges].map((file) => [file.key, file])).values()];
    const isNew = !Number.isFinite(index.since);
    await gatherIdentities(connection, isNew ? nearPaths : []);
    const staged = await stage(connection, winnersInOneScan([...paths, ...(await pin(rewritten))], losers));

    const copies = [...losers.values()].reduce((total, count) => total + count, 0);
    const expected = arrivals.rows + rewritten.reduce((total, file) => total + file.rows, 0) - copies;
    const found = staged.reduce((total, file) => total + file.rows, 0);
    if (found !== expected) throw new Error(`Compaction would write ${found} rows where ${expected} are due`);

    const add = await writeTableFiles({ connection, lake, folder, signal }, staged);
    const received_max = Math.max(snapshot.received_max ?? 0, arrivals.received_max ?? 0);
    const since = isNew
      ? received_since
      : Math.max(index.since, windowStart(received_max, config.dedupe_window_days + 1));
    const identities = await writeIdentities({ connection, lake, folder, pin }, index, since);
    return {
      add,
      remove: rewritten,
      identities,
      rows: arrivals.rows,
      copies,
      received_max: arrivals.received_max ?? 0,
    };
  } finally {
    await duckdb?.close();
    await pins.release();
  }
}

async function partitionsOf(connection: DuckDBConnection): Promise<Pick<TableFile, 'date' | 'type'>[]> {
  const partitions = await allRows(
    connection,
    'select distinct date, type from pending_stamps anti join inlet.losers using (path, row)',
  );
  return partitions.map(({ date, type }) => ({ date: asText(date), type: asText(type) }));
}

/**
 * Makes the temporary table `staged`, sorted as the files will be: sorting everything once and then reading it back by
 * partition measured a third of the time of sorting each partition, when memory is short.
 *
 * @returns the files to write
 */
async function stage(connection: DuckDBConnection, rows: string): Promise<Partition[]> {
  await connection.run(
    `create temp table staged as select ${COLUMN_LIST}, ${DAY} as date from ${rows} order by date, type, ${FILE_ORDER}`,
  );
  const partitions = await allRows(
    connection,
    `select date, type, uuid()::VARCHAR as name, count(*) as rows,
       coalesce(sum(len(list_filter(products, lambda product: isnan(product.price)))), 0)::BIGINT as nan_prices
     from staged group by date, type order by date, type`,
  );
  return partitions.map((partition) => {
    const [date, type] = [asText(partition.date), asText(partition.type)];
    return {
      key: tableFileKey(date, type, asText(partition.name)),
      date,
      type,
      rows: asNumber(partition.rows),
      nan_prices: asNumber(partition.nan_prices),
    };
  });
}
