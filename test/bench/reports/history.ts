/** Lakes of this bench: days added to one, and one that has the last days of another. */
import { linkSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { commit } from '../../../lakehouse/catalog/commit.ts';
import { tableFiles } from '../../../lakehouse/catalog/files.ts';
import { loadSnapshot } from '../../../lakehouse/catalog/store.ts';
import { runCompaction } from '../../../lakehouse/compact/run.ts';
import { COLUMN_LIST, eventFiles } from '../../../lakehouse/sql/columns.ts';
import { literal, openDuckDB } from '../../../lakehouse/sql/duckdb.ts';
import { COPY_OPTIONS } from '../../../lakehouse/sql/files.ts';
import { openLake } from '../../../platform/bun/lake.ts';
import { systemClock, systemRandom } from '../../../platform/bun/system.ts';
import { parseConfig } from '../../../schemas/config.ts';
import { dayText, writeSegment } from '../lake/day.ts';

/** @param folder of data */
export function portsOf(folder: string) {
  const config = parseConfig({ INLET_DATA_DIR: folder, INLET_GRACE_MINUTES: '1' });
  return { ...openLake(config), clock: systemClock, random: systemRandom, config };
}

/**
 * Appends a day and compacts it.
 *
 * @param base segments of the base day, by arrival. @param late whether one in 500 happened up to 29 days before
 */
export async function addDay(
  folder: string,
  base: readonly string[],
  { day, late }: { day: number; late: boolean },
): Promise<void> {
  const ports = portsOf(folder);
  const { connection, close } = await openDuckDB(ports.files);
  const draft = join(ports.files.scratch_dir, 'draft.parquet');
  for (const [number, path] of base.entries()) {
    const to = join(folder, 'lake', 'segments', `${dayText(day)}T00`, `${String(number).padStart(32, '0')}.parquet`);
    mkdirSync(dirname(to), { recursive: true });
    await writeSegment(connection, { base: path, day, to: draft });
    const rows = late ? 'true' : `"timestamp" >= ${literal(`${dayText(day)} 00:00:00+00`)}::TIMESTAMPTZ`;
    await connection.run(
      `copy (select ${COLUMN_LIST} from ${eventFiles([draft])} where ${rows}) to ${literal(to)} (${COPY_OPTIONS})`,
    );
  }
  await close();
  rmSync(draft);
  await runCompaction(ports);
}

/** @param to folder of data that is made, of files that both have. @param first day that it keeps */
export async function copyLastDays(from: string, to: string, first: string): Promise<void> {
  rmSync(to, { recursive: true, force: true });
  linkTree(join(from, 'lake', 'table'), join(to, 'lake', 'table'));
  const ports = portsOf(to);
  const snapshot = await loadSnapshot(ports.lake);
  const remove = (await tableFiles(ports.lake, snapshot)).filter(({ date }) => date < first);
  const change = { add: [], remove, consume: [], forget: [] };
  const times = { committed_at: systemClock.now(), as_of: snapshot.as_of };
  if ((await commit(ports, snapshot, { ...times, ...change })) !== 'ok') throw new Error('Another one commits');
}

function linkTree(from: string, to: string): void {
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const place = join(to, relative(from, entry.parentPath));
    mkdirSync(place, { recursive: true });
    linkSync(join(entry.parentPath, entry.name), join(place, entry.name));
  }
}
