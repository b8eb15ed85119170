/** A lake in memory with a clock that stands still, read through real files by a real DuckDB. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendSegment } from '../../lakehouse/append/append.ts';
import { type DayRange, tableFiles } from '../../lakehouse/catalog/files.ts';
import { loadSnapshot } from '../../lakehouse/catalog/store.ts';
import type { TableFile } from '../../lakehouse/catalog/table-file.ts';
import { type CompactionResult, runCompaction } from '../../lakehouse/compact/run.ts';
import { query } from '../../lakehouse/sql/query.ts';
import { openSession, type Session } from '../../lakehouse/sql/session.ts';
import { s3Files } from '../../platform/bun/local-files.ts';
import type { LocalFiles, ObjectStore, Random } from '../../platform/ports.ts';
import { type VirtualClock, virtualClock } from '../../platform/sim/clock.ts';
import { gzipCompressor } from '../../platform/sim/compressor.ts';
import { memoryStore } from '../../platform/sim/object-store.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { START } from './rows.ts';

export const CONFIG = { dedupe_window_days: 7, compact_bytes: 67_108_864, grace_minutes: 60 };

export interface TestLake {
  readonly lake: ObjectStore;
  readonly files: LocalFiles;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly lake_uri: string;
  close(): void;
}

/** Lakes so far: each draws other names. */
let made = 0;

/** @param wrap puts something between the tests and the store, such as a failure */
export function testLake(wrap: (store: ObjectStore) => ObjectStore = (store) => store): TestLake {
  made += 1;
  const folder = mkdtempSync(join(tmpdir(), 'inlet-lake-'));
  const clock = virtualClock(START);
  const lake = wrap(memoryStore(clock));
  return {
    lake,
    files: s3Files(lake, folder),
    clock,
    random: seededRandom(made),
    lake_uri: 'file:///lake',
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** One segment of these packs. */
export function append({ lake }: Pick<TestLake, 'lake'>, packs: readonly EventRow[][]): Promise<string> {
  const rows = packs.flat();
  return appendSegment(lake, rows, [...new Set(rows.map(({ pack_id }) => pack_id))], gzipCompressor);
}

export function compact(lake: TestLake, config: Partial<typeof CONFIG> = {}): Promise<CompactionResult> {
  return runCompaction({ ...lake, config: { ...CONFIG, ...config } });
}

/** The files of the table now. */
export async function filesOf({ lake }: Pick<TestLake, 'lake'>): Promise<TableFile[]> {
  return tableFiles(lake, await loadSnapshot(lake));
}

/** One statement over the log, as rows of JSON values. */
export async function select(
  { lake, files }: Pick<TestLake, 'lake' | 'files'>,
  sql: string,
  days?: DayRange,
): Promise<unknown[]> {
  const session = await openSession({ lake, files, config: CONFIG, days });
  try {
    return await answer(session, sql);
  } finally {
    await session.close();
  }
}

export async function answer(session: Session, sql: string, signal?: AbortSignal): Promise<unknown[]> {
  const { batches } = await query(session, sql, signal);
  return (await Array.fromAsync(batches)).flat();
}

const SIGHT = `source, message_id, type, user_key, group_id, epoch_ms("timestamp")::DOUBLE, epoch_ms(received_at)::DOUBLE,
  pack_id::VARCHAR, pack_index, products, properties`;

/** What a reader sees of the log: every event and every failed event, in one order. @param days all without it */
export function seen(lake: Pick<TestLake, 'lake' | 'files'>, days?: DayRange): Promise<unknown[]> {
  return select(
    lake,
    `select * from (select ${SIGHT} from events union all select ${SIGHT} from failed_events) order by all`,
    days,
  );
}

/** The same of rows. */
export function sightOf(rows: readonly EventRow[]): unknown[] {
  const sights = rows.map((row) => [
    row.source,
    row.message_id,
    row.type,
    row.user_key,
    row.group_id,
    row.timestamp,
    row.received_at,
    row.pack_id,
    row.pack_index,
    row.products,
    row.properties,
  ]);
  return sights.sort((left, right) => (key(left) < key(right) ? -1 : 1));
}

function key(sight: readonly unknown[]): string {
  return `${sight[0]}\n${sight[1]}`;
}
