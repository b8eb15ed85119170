/** One day of the bench: its segments, DuckDB's bare way with them, and compaction. */
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expire } from '../../../lakehouse/catalog/expire.ts';
import { runCompaction } from '../../../lakehouse/compact/run.ts';
import { COLUMN_LIST, eventFiles, FILE_ORDER } from '../../../lakehouse/sql/columns.ts';
import { allRows, asNumber, asText, literal, openDuckDB } from '../../../lakehouse/sql/duckdb.ts';
import { COPY_OPTIONS } from '../../../lakehouse/sql/files.ts';
import type { Lake } from '../../../platform/bun/lake.ts';
import { systemClock, systemRandom } from '../../../platform/bun/system.ts';
import type { Config } from '../../../schemas/config.ts';
import { writeSegment } from './day.ts';
import type { DayFigures } from './state.ts';

const WATCH_EVERY_MS = 20;

export interface Bench {
  readonly lake: Lake;
  readonly config: Config;
  /** Segments of the base day, by arrival. */
  readonly base: readonly string[];
}

export async function benchDay({ lake, config, base }: Bench, day: number): Promise<DayFigures> {
  const scratch = lake.files.scratch_dir;
  const segments = await writeDay(scratch, join(config.data_dir, 'lake'), base, day);
  const compact = () => watched(() => runCompaction({ ...lake, clock: systemClock, random: systemRandom, config }));
  // Who goes second finds the segments in the cache of the disk.
  const isBareFirst = day % 2 === 0;
  const before = isBareFirst ? await bareCopy(scratch, segments) : null;
  const { result, memory_bytes } = await compact();
  const bare = before ?? (await bareCopy(scratch, segments));
  await expire({ ...lake, clock: systemClock, config });
  if (result.rows !== bare.rows) throw new Error(`Compaction took ${result.rows} rows, DuckDB ${bare.rows}`);
  return {
    events: result.rows,
    copies: result.copies,
    commits: result.commits,
    compaction_seconds: result.seconds,
    bare_seconds: bare.seconds,
    memory_bytes,
  };
}

/** @returns paths */
async function writeDay(
  scratch_dir: string,
  root: string,
  base: readonly string[],
  day: number,
): Promise<readonly string[]> {
  const { connection, close } = await openDuckDB({ scratch_dir });
  const paths: string[] = [];
  for (const [number, path] of base.entries()) {
    const [row] = await allRows(
      connection,
      `select strftime(timezone('UTC', min(received_at) + to_days(${day})), '%Y-%m-%dT%H') as hour,
         md5('${day}/${number}') as name from ${eventFiles([path])}`,
    );
    const to = join(root, 'segments', asText(row?.hour), `${asText(row?.name)}.parquet`);
    await mkdir(dirname(to), { recursive: true });
    await writeSegment(connection, { base: path, day, to });
    paths.push(to);
  }
  await close();
  return paths;
}

/** With the threads and the Parquet settings that compaction has, into one file; and twice its memory, as it fails with less. */
async function bareCopy(scratch_dir: string, segments: readonly string[]): Promise<{ rows: number; seconds: number }> {
  const { connection, folder, close } = await openDuckDB({ scratch_dir });
  const start = performance.now();
  const [written] = await allRows(
    connection,
    `copy (select ${COLUMN_LIST} from ${eventFiles(segments)} order by ${FILE_ORDER})
       to ${literal(join(folder, 'bare.parquet'))} (${COPY_OPTIONS})`,
  );
  const seconds = (performance.now() - start) / 1_000;
  await rm(join(folder, 'bare.parquet'));
  await close();
  return { rows: asNumber(written?.Count), seconds };
}

/** @returns also the most memory that this process had meanwhile, bytes */
async function watched<Result>(work: () => Promise<Result>): Promise<{ result: Result; memory_bytes: number }> {
  Bun.gc(true);
  let memory_bytes = 0;
  const look = (): void => {
    memory_bytes = Math.max(memory_bytes, process.memoryUsage.rss());
  };
  const timer = setInterval(look, WATCH_EVERY_MS);
  try {
    return { result: await work(), memory_bytes };
  } finally {
    clearInterval(timer);
  }
}
