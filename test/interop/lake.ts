/** A lake in a folder, taken through all that changes a table. */
import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { compareRows } from '../../lakehouse/append/order.ts';
import { commit } from '../../lakehouse/catalog/commit.ts';
import { expire } from '../../lakehouse/catalog/expire.ts';
import { tableFileKey } from '../../lakehouse/catalog/objects.ts';
import { EMPTY_SNAPSHOT } from '../../lakehouse/catalog/snapshot.ts';
import { loadTable } from '../../lakehouse/catalog/store.ts';
import { runCompaction } from '../../lakehouse/compact/run.ts';
import { statisticsOf } from '../../lakehouse/compact/statistics.ts';
import { COLUMN_LIST, eventFiles, FIELD_IDS } from '../../lakehouse/sql/columns.ts';
import { literal, openDuckDB } from '../../lakehouse/sql/duckdb.ts';
import { folderStore } from '../../platform/bun/folder-store.ts';
import { folderFiles } from '../../platform/bun/local-files.ts';
import { systemRandom } from '../../platform/bun/system.ts';
import { virtualClock } from '../../platform/sim/clock.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { append, CONFIG, type TestLake } from '../lakehouse/lake.ts';
import { forgetNewestColumn } from '../lakehouse/older.ts';
import type { Request } from './engines.ts';

const NEWEST_COLUMN = { name: 'other', id: 44 };

export interface InteropLake extends TestLake {
  readonly root: string;
}

/** @param now epoch milliseconds: what the file system says of its files is by the real clock */
export function openInteropLake(root: string, scratch: string, now: number): InteropLake {
  mkdirSync(root, { recursive: true });
  const lake = folderStore(root);
  const clock = virtualClock(now);
  const files = folderFiles(root, scratch);
  return { root, lake, files, clock, random: systemRandom, lake_uri: `file://${root}`, close: () => {} };
}

/** The same lake in another place. */
export function moveLake({ root, files, clock }: InteropLake, to: string): InteropLake {
  renameSync(root, to);
  return openInteropLake(to, files.scratch_dir, clock.now());
}

export async function compactAll(lake: InteropLake): Promise<void> {
  await runCompaction({ ...lake, config: CONFIG });
}

export async function expireLater(lake: InteropLake): Promise<number> {
  await lake.clock.advance(24 * 3_600_000);
  return (await expire({ ...lake, config: CONFIG })).files.length;
}

/** The table as a version of Inlet made it that did not know the newest column: not in its files, not in its schema. */
export async function makeOlderTable(lake: InteropLake, rows: readonly EventRow[]): Promise<void> {
  const [first] = rows.toSorted(compareRows);
  if (first === undefined) throw new Error('A table needs rows');
  const date = new Date(first.timestamp).toISOString().slice(0, 10);
  const segment = await append(lake, [[...rows]]);
  const pinned = await lake.files.pin([segment]);
  const duckdb = await openDuckDB({ scratch_dir: lake.files.scratch_dir });
  const path = join(duckdb.folder, 'older.parquet');
  const columns = COLUMN_LIST.replace(`, "${NEWEST_COLUMN.name}"`, '');
  const ids = FIELD_IDS.replace(`, "${NEWEST_COLUMN.name}": ${NEWEST_COLUMN.id}`, '');
  await duckdb.connection.run(
    `copy (select ${columns} from ${eventFiles(pinned.paths)} order by user_key, "timestamp")
       to ${literal(path)} (FORMAT parquet, COMPRESSION zstd, FIELD_IDS ${ids})`,
  );
  const bytes = new Uint8Array(readFileSync(path));
  await duckdb.close();
  const key = tableFileKey(date, first.type, systemRandom.hex(32));
  await lake.lake.put(key, bytes);
  const statistics = statisticsOf(bytes, new Map());
  const file = { key, date, type: first.type, rows: rows.length, bytes: bytes.byteLength, statistics };
  const change = {
    committed_at: lake.clock.now(),
    as_of: null,
    add: [file],
    remove: [],
    consume: [segment],
    forget: [],
  };
  await commit(lake, EMPTY_SNAPSHOT, change);
  await forgetNewestColumn(lake.lake);
}

export async function requestOf({ lake }: InteropLake, pack: string): Promise<Request> {
  const { metadata } = await loadTable(lake);
  if (metadata === null) throw new Error('There is no table');
  return { location: metadata.location, version: metadata.version, pack };
}
