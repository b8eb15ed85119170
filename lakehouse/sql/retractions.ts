/**
 * Events that were taken back. Retractions are few, hold for whatever day, and all lie in one partition of the table: where
 * there are none, a look at the list of manifests says so.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ObjectStore } from '../../platform/ports.ts';
import { RETRACTION_TYPE } from '../../schemas/event.ts';
import { tableFiles } from '../catalog/files.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import type { TableFile } from '../catalog/table-file.ts';
import { allRows, literal } from './duckdb.ts';

/** The day that `retractionRow` of the edge gives them. */
const PARTITION = { date: '1970-01-01', type: RETRACTION_TYPE };

export async function retractionFiles(lake: ObjectStore, snapshot: Snapshot): Promise<TableFile[]> {
  return tableFiles(lake, snapshot, { partitions: [PARTITION] });
}

/** Of `pending_stamps`, copies that lose included. */
export async function hasPendingRetractions(connection: DuckDBConnection): Promise<boolean> {
  const rows = await allRows(
    connection,
    `select 1 from pending_stamps where type = ${literal(RETRACTION_TYPE)} limit 1`,
  );
  return rows.length > 0;
}

/** The table of the identities that were taken back. */
export const RETRACTED = 'inlet.retracted';

/** @param retractions a table expression of the rows of retractions that count */
export async function gatherRetracted(connection: DuckDBConnection, retractions: string): Promise<void> {
  await connection.run(`
    create schema if not exists inlet;
    create table ${RETRACTED} as select distinct name as source, previous_id as message_id from ${retractions}`);
}
