/** Writes the identity index: the rows of a unit, what is worth merging, and the object that names all parts. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ObjectStore } from '../../platform/ports.ts';
import { encodeIdentities, type IdentityIndex, type IdentityPart, UNTIMED } from '../catalog/identities.ts';
import { identitiesKey, identityPartKey } from '../catalog/objects.ts';
import { eventFiles, pathList } from '../sql/columns.ts';
import { allRows, asNumber, asText, literal } from '../sql/duckdb.ts';
import { identitiesOf } from '../sql/identities.ts';
import { planPartMerges } from './plan-parts.ts';

/** Sorted hashes have small steps: version 2 stores these, in three quarters of the bytes. */
const COPY_OPTIONS = 'FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2';
const COLUMNS = 'identity, digits, received_ms, date, type';

export interface IndexWriter {
  readonly connection: DuckDBConnection;
  readonly lake: ObjectStore;
  /** For temporary files. */
  readonly folder: string;
  /** Local paths of these parts. */
  readonly pin: (parts: readonly IdentityPart[]) => Promise<string[]>;
}

/**
 * Makes the table `fresh_identities` of the rows of `pending_stamps` that are no losers.
 *
 * @param table paths of files whose rows are to be in it as well
 */
export async function gatherIdentities(connection: DuckDBConnection, table: readonly string[]): Promise<void> {
  await connection.run(`
    create temp table fresh_identities as
      select ${COLUMNS} from pending_stamps anti join inlet.losers using (path, row);
    drop table pending_stamps`);
  if (table.length === 0) return;
  await connection.run(`insert into fresh_identities ${identitiesOf(eventFiles(table))}`);
}

/**
 * Puts the index with the rows of `fresh_identities`.
 *
 * @param base what it was before; no parts where it is made anew
 * @param since rows that arrived earlier may be left out, epoch milliseconds
 * @returns the key of the object that names its parts
 */
export async function writeIdentities(writer: IndexWriter, base: IdentityIndex, since: number): Promise<string> {
  const living = base.parts.filter(({ received_before }) => received_before > since);
  const merges = planPartMerges(living);
  const merged = new Set(merges.flat());
  const parts = living.filter((part) => !merged.has(part));
  for (const merge of merges) {
    const paths = await writer.pin(merge);
    const rows = `select ${COLUMNS} from read_parquet(${pathList(paths)}, hive_partitioning = false)
      where received_ms >= ${Math.floor(since)}`;
    parts.push(...(await writePart(writer, rows)));
  }
  for (const comparison of ['<', '>=']) {
    const rows = `select ${COLUMNS} from fresh_identities where identity ${comparison} ${UNTIMED}::UBIGINT`;
    parts.push(...(await writePart(writer, rows)));
  }
  const [name] = await allRows(writer.connection, 'select uuid()::VARCHAR as name');
  const key = identitiesKey(asText(name?.name));
  await writer.lake.put(key, encodeIdentities({ ...base, since, parts }));
  return key;
}

/** @returns nothing where there are no rows */
async function writePart({ connection, lake, folder }: IndexWriter, rows: string): Promise<IdentityPart[]> {
  await connection.run(`create or replace temp table part as ${rows} order by identity`);
  const [made] = await allRows(
    connection,
    `select count(*) as rows, uuid()::VARCHAR as name, min(identity)::VARCHAR as identity_min,
       max(identity)::VARCHAR as identity_max, max(received_ms) as received_max from part`,
  );
  if (asNumber(made?.rows) === 0) return [];
  const path = join(folder, 'identities.parquet');
  await connection.run(`copy part to ${literal(path)} (${COPY_OPTIONS}); drop table part`);
  const content = await readFile(path);
  await rm(path);
  const key = identityPartKey(asText(made?.name));
  await lake.put(key, content, { onlyIf: { etagDoesNotMatch: '*' } });
  return [
    {
      key,
      rows: asNumber(made?.rows),
      bytes: content.byteLength,
      identity_min: asText(made?.identity_min),
      identity_max: asText(made?.identity_max),
      received_before: asNumber(made?.received_max) + 1,
    },
  ];
}
