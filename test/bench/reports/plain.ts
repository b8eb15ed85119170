/** The events of a lake in one file, and files out of the page cache. */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { tableFiles } from '../../../lakehouse/catalog/files.ts';
import { loadSnapshot } from '../../../lakehouse/catalog/store.ts';
import { eventFiles } from '../../../lakehouse/sql/columns.ts';
import { literal } from '../../../lakehouse/sql/duckdb.ts';
import { FAILED_TYPE } from '../../../schemas/event.ts';
import { portsOf } from './history.ts';

/** All that the three reports read: a file with the other columns too is read no faster. */
const COLUMNS = '"timestamp", source, message_id, type, event, user_key, group_id, products, traits';
const MEMORY_LIMIT = '8GB';

/** Sorted by day, type and user; as DuckDB writes it, but for zstd, as the table has it. @param folder of data */
export async function writePlain(folder: string, to: string): Promise<void> {
  const paths = (await eventPaths(folder)).map((path) => join(folder, 'lake', path));
  const draft = `${to}.unfinished`;
  await rm(draft, { force: true });
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: MEMORY_LIMIT,
    temp_directory: `${to}.spill`,
  });
  const connection = await instance.connect();
  await connection.run(`set TimeZone = 'UTC'`);
  await connection.run(`copy (
      select ${COLUMNS} from ${eventFiles(paths)} order by "timestamp"::DATE, type, user_key, "timestamp"
    ) to ${literal(draft)} (FORMAT parquet, COMPRESSION zstd)`);
  connection.closeSync();
  instance.closeSync();
  await rm(`${to}.spill`, { recursive: true, force: true });
  await rename(draft, to);
}

/** Keys of the table's files, without those of failed events. */
export async function eventPaths(folder: string): Promise<string[]> {
  const { lake } = portsOf(folder);
  const files = await tableFiles(lake, await loadSnapshot(lake));
  return files.filter(({ type }) => type !== FAILED_TYPE).map(({ key }) => key);
}

/** Takes them out of the page cache, which needs no rights beyond reading them. @throws Error where that fails */
export function dropFromCache(paths: readonly string[]): void {
  for (const path of paths) {
    const { exitCode, stderr } = Bun.spawnSync(['dd', `if=${path}`, 'iflag=nocache', 'count=0', 'status=none']);
    if (exitCode !== 0) throw new Error(`dd: ${stderr.toString()}`);
  }
}
