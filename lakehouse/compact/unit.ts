/** One unit of compaction: from segments to files of the table, and the change that puts them in its place. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { LocalFiles, ObjectStore, StoredObject } from '../../platform/ports.ts';
import { tableFiles } from '../catalog/files.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import type { TableFile } from '../catalog/table-file.ts';
import { findLosers, stampPending, windowStart, winnersInOneScan } from '../sql/copies.ts';
import { allRows, asNumber, asText, CENTRAL_MEMORY_LIMIT, type DuckDB, openDuckDB } from '../sql/duckdb.ts';
import { askIndex, openIndex } from '../sql/identities.ts';
import { pinBoard } from '../sql/pin-board.ts';
import { gatherIdentities, writeIdentities } from './identities.ts';
import { partitionOf, planMerges } from './plan.ts';
import { type PartitionName, sortInSlices } from './slices.ts';
import { writeTableFiles } from './write.ts';

/** Segments and files of so many bytes are sorted at a time. Their rows are 12 to 20 times as large in memory. */
const SLICE_BYTES = 6_291_456;
/** More rows than this are worth a statement of their own. */
const SMALL_ROWS = 2_000;

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
    const sorted = await sortInSlices({
      duckdb,
      rows: winnersInOneScan([...paths, ...(await pin(rewritten))], losers),
      count: Math.ceil((sum(segments, ({ size }) => size) + sum(rewritten, ({ bytes }) => bytes)) / SLICE_BYTES),
      large: largeOnes([...partitions, ...rewritten]),
      signal,
    });

    const copies = sum([...losers.values()], (count) => count);
    const expected = arrivals.rows + sum(rewritten, ({ rows }) => rows) - copies;
    const found = sum(sorted.partitions, ({ rows }) => rows);
    if (found !== expected) throw new Error(`Compaction would write ${found} rows where ${expected} are due`);

    const add = await writeTableFiles({ connection, lake, folder, signal }, sorted);
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

interface PartitionRows extends PartitionName {
  readonly rows: number;
}

/** The partitions that the segments have rows for. */
async function partitionsOf(connection: DuckDBConnection): Promise<PartitionRows[]> {
  const partitions = await allRows(
    connection,
    `select date, type, count(*) as rows from pending_stamps anti join inlet.losers using (path, row)
     group by date, type`,
  );
  return partitions.map(({ date, type, rows }) => ({ date: asText(date), type: asText(type), rows: asNumber(rows) }));
}

/** @param parts what goes into partitions, from segments and from files */
function largeOnes(parts: readonly PartitionRows[]): PartitionName[] {
  const partitions = [...Map.groupBy(parts, partitionOf).values()];
  return partitions
    .filter((group) => sum(group, ({ rows }) => rows) > SMALL_ROWS)
    .flatMap(([part]) => (part === undefined ? [] : [{ date: part.date, type: part.type }]));
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
