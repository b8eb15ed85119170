/** On which days events lie that were taken back, or are back again, since an earlier snapshot. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { LocalFiles, ObjectStore } from '../../platform/ports.ts';
import { FAILED_TYPE, RETRACTION_TYPE } from '../../schemas/event.ts';
import { tableFiles } from '../catalog/files.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import { receivedMin, type TableFile } from '../catalog/table-file.ts';
import { DAY, eventFiles, pathList } from './columns.ts';
import { allRows, asNumber, asText, CENTRAL_MEMORY_LIMIT, openDuckDB } from './duckdb.ts';
import { identitiesOf, openIndex } from './identities.ts';
import { type PinBoard, pinBoard } from './pin-board.ts';
import { retractionFiles } from './retractions.ts';

/** Files that are looked through at a time. */
const FILES_AT_ONCE = 32;

export interface Changes {
  readonly lake: ObjectStore;
  readonly files: LocalFiles;
  readonly before: Snapshot;
  readonly after: Snapshot;
  readonly signal?: AbortSignal | undefined;
}

/**
 * UTC days, ascending, of events of the table whose retraction is in one of the snapshots only. Those that arrived within
 * the dedupe window are found by the identity index. For others, and for those that the table does not have, the ids of
 * all older rows are read: retractions are few, and each is looked for once.
 */
export async function retractedDays({ lake, files, before, after, signal }: Changes): Promise<string[]> {
  const [old, current] = await Promise.all([retractionFiles(lake, before), retractionFiles(lake, after)]);
  if (old.length === current.length && old.every(({ key }) => current.some((file) => file.key === key))) return [];
  const pins = pinBoard(files);
  const duckdb = await openDuckDB({ scratch_dir: files.scratch_dir, memory_limit: CENTRAL_MEMORY_LIMIT, signal });
  try {
    const { connection } = duckdb;
    const [oldRows, rows] = [await rowsOf(pins, old), await rowsOf(pins, current)];
    await connection.run(`create temp table wanted as
      (from ${oldRows} except from ${rows}) union (from ${rows} except from ${oldRows})`);
    const index = await openIndex(lake, after);
    const found = await askParts(connection, await pins.pin(index.parts.map(({ key }) => key)));
    const older = (await tableFiles(lake, after)).filter(
      (file) => file.type !== FAILED_TYPE && file.type !== RETRACTION_TYPE && receivedMin(file) < index.since,
    );
    const searched = await search(connection, files, older);
    return [...new Set([...found, ...searched])].sort();
  } finally {
    await duckdb.close();
    await pins.release();
  }
}

/** A table expression of the identities that these retractions take back. */
async function rowsOf(pins: PinBoard, files: readonly TableFile[]): Promise<string> {
  const paths = await pins.pin(files.map(({ key }) => key));
  return `(select distinct name as source, previous_id as message_id from ${eventFiles(paths)})`;
}

/** Takes those that the index knows out of the table `wanted`. */
async function askParts(connection: DuckDBConnection, parts: readonly string[]): Promise<string[]> {
  if (parts.length === 0) return [];
  const placeless = `(select *, NULL::TIMESTAMPTZ as received_at, NULL::TIMESTAMPTZ as "timestamp", NULL as type from wanted)`;
  await connection.run(`
    create temp table hashes as
      select source, message_id, identity, digits from (${identitiesOf(placeless, 'source, message_id,')});
    create temp table places as
      select source, message_id, part.date from read_parquet(${pathList(parts)}, hive_partitioning = false) part
        join hashes using (identity, digits);
    delete from wanted where exists
      (from places where places.source = wanted.source and places.message_id = wanted.message_id)`);
  const places = await allRows(connection, 'select distinct date from places');
  return places.map(({ date }) => asText(date));
}

/** The newest days first, until all are found. */
async function search(
  connection: DuckDBConnection,
  files: LocalFiles,
  older: readonly TableFile[],
): Promise<Set<string>> {
  const days = new Set<string>();
  const ordered = older.toSorted((a, b) => (a.date < b.date ? 1 : -1));
  for (let start = 0; start < ordered.length; start += FILES_AT_ONCE) {
    const [left] = await allRows(connection, 'select count(*) as count from wanted');
    if (asNumber(left?.count) === 0) break;
    const pinned = await files.pin(ordered.slice(start, start + FILES_AT_ONCE).map(({ key }) => key));
    try {
      await connection.run(`create or replace temp table places as
        select source, message_id, ${DAY} as date from ${eventFiles(pinned.paths)} semi join wanted using (source, message_id)`);
      await connection.run(`delete from wanted where exists
        (from places where places.source = wanted.source and places.message_id = wanted.message_id)`);
      for (const { date } of await allRows(connection, 'select distinct date from places')) days.add(asText(date));
    } finally {
      await pinned.release();
    }
  }
  return days;
}
