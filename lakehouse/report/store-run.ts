/** Days of one report: computed from the table files of the days they need, and put into the lake. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { LocalFiles, ObjectStore, Progress } from '../../platform/ports.ts';
import { FAILED_TYPE, RETRACTION_TYPE } from '../../schemas/event.ts';
import { tableFiles } from '../catalog/files.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import { COLUMN_LIST, eventFiles, pathList } from '../sql/columns.ts';
import { allRows, asText, CENTRAL_MEMORY_LIMIT, literal, openDuckDB } from '../sql/duckdb.ts';
import type { PinBoard } from '../sql/pin-board.ts';
import { gatherRetracted, RETRACTED, retractionFiles } from '../sql/retractions.ts';
import { fence } from '../sql/session.ts';
import { compute } from './compute.ts';
import { DAY_MS, dayIn, daysBetween } from './days.ts';
import { USER_DAYS } from './definitions.ts';
import { editionOf } from './edition.ts';
import type { ReportDefinition } from './header.ts';
import { valuesOf } from './parameters.ts';
import { type Days, daysRead, utcDays } from './plan.ts';
import { type Restatement, readRestated, reportKey, type StoredReport, storedDays, writeRestated } from './stored.ts';

export interface StoreRuns {
  readonly lake: ObjectStore;
  readonly pins: PinBoard;
  readonly files: LocalFiles;
  readonly snapshot: Snapshot;
  readonly definition: ReportDefinition;
  readonly edition: string;
  readonly timezone: string;
  /** Each is what one query answers. */
  readonly runs: readonly Days[];
  /** Days that have other events than `before` shows. */
  readonly changed: ReadonlySet<string>;
  /** What is stored of this edition; null when nothing is. */
  readonly before: StoredReport | null;
  readonly progress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What the work was. */
export interface StoreResult {
  /** Days of reports that were computed. */
  readonly days: number;
  /** Files that were opened for it, and their bytes, once for each query that reads them. */
  readonly files: number;
  readonly bytes: number;
}

/** Rows that are as they were stay where they are. */
export async function storeRuns(todo: StoreRuns): Promise<StoreResult> {
  const { definition, signal, progress } = todo;
  const values = valuesOf(definition, {});
  progress?.(`${definition.name} stored`, 0, todo.runs.length);
  const work: { days: Days; sources: Source[]; paths: string[] }[] = [];
  for (const days of todo.runs) {
    const sources = await sourcesOf(todo, daysRead(definition, { ...days, values }));
    work.push({ days, sources, paths: await todo.pins.pin(sources.map(({ key }) => key)) });
  }
  const duckdb = await openDuckDB({ scratch_dir: todo.files.scratch_dir, memory_limit: CENTRAL_MEMORY_LIMIT, signal });
  try {
    const { connection } = duckdb;
    const folder = join(duckdb.folder, 'out');
    await mkdir(folder);
    const retractions = await todo.pins.pin((await retractionFiles(todo.lake, todo.snapshot)).map(({ key }) => key));
    await gatherRetracted(connection, eventFiles(retractions));
    await fence(connection, [...new Set(work.flatMap(({ paths }) => paths))], folder);
    for (const [position, { days, paths }] of work.entries()) {
      signal?.throwIfAborted();
      await makeViews(connection, definition, paths, retractions.length > 0);
      await compute(
        connection,
        definition,
        { ...days, timezone: todo.timezone, values },
        { events: 'events', user_days: 'stored' },
      );
      await putDays(todo, connection, folder, daysBetween(days.from, days.to));
      progress?.(`${definition.name} stored`, position + 1, work.length);
    }
  } finally {
    await duckdb.close();
  }
  const sources = work.flatMap((run) => run.sources);
  return {
    days: work.reduce((total, { days }) => total + daysBetween(days.from, days.to).length, 0),
    files: sources.length,
    bytes: sources.reduce((total, file) => total + file.bytes, 0),
  };
}

async function makeViews(
  connection: DuckDBConnection,
  { reads }: ReportDefinition,
  paths: readonly string[],
  isAnyRetracted: boolean,
): Promise<void> {
  if (reads === 'user_days') {
    await connection.run(`create or replace view user_days as ${userDaysOf(paths)}`);
    return;
  }
  const taken = isAnyRetracted ? `anti join ${RETRACTED} using (source, message_id)` : '';
  await connection.run(`create or replace view events as select ${COLUMN_LIST} from ${eventFiles(paths)} ${taken}`);
}

/** Of days whose rows are others than before; marks of re-stated ones are written before their rows. */
async function putDays(
  todo: StoreRuns,
  connection: DuckDBConnection,
  folder: string,
  days: readonly string[],
): Promise<void> {
  const { lake, definition, edition } = todo;
  const place = { name: definition.name, edition };
  const filled = await filledDays(connection);
  const fresh: { day: string; bytes: Uint8Array | null }[] = [];
  for (const day of days) {
    const bytes = filled.has(day) ? await encodeDay(connection, folder, day) : null;
    const old = await lake.get(reportKey(place, day));
    if (!isSame(bytes, old === null ? null : new Uint8Array(await old.arrayBuffer()))) fresh.push({ day, bytes });
  }
  await mark(
    todo,
    fresh.map(({ day }) => day),
  );
  for (const { day, bytes } of fresh) {
    // An absent day reads as one without rows, and costs no file.
    if (bytes === null) await lake.delete(reportKey(place, day));
    else await lake.put(reportKey(place, day), bytes);
  }
}

interface Source {
  readonly key: string;
  readonly bytes: number;
}

async function sourcesOf({ lake, snapshot, timezone, definition }: StoreRuns, read: Days): Promise<Source[]> {
  if (definition.reads === 'report_events') {
    const files = await tableFiles(lake, snapshot, { days: utcDays(read, timezone) });
    const { types } = definition;
    if (types !== null) return files.filter((file) => types.some((type) => type === file.type));
    return files.filter(({ type }) => type !== FAILED_TYPE && type !== RETRACTION_TYPE);
  }
  const place = { name: USER_DAYS.name, edition: editionOf(USER_DAYS, timezone) };
  const days = await storedDays(lake, place, read.from, read.to);
  return days.map(({ day, bytes }) => ({ key: reportKey(place, day), bytes }));
}

function userDaysOf(paths: readonly string[]): string {
  if (paths.length > 0) return `from read_parquet(${pathList(paths)}, hive_partitioning = false)`;
  return 'select NULL::DATE as date, NULL::VARCHAR as user_key, NULL::BIGINT as known, NULL::BIGINT as events limit 0';
}

async function filledDays(connection: DuckDBConnection): Promise<Set<string>> {
  const rows = await allRows(connection, 'select distinct date::VARCHAR as day from report');
  return new Set(rows.map(({ day }) => asText(day)));
}

async function encodeDay(connection: DuckDBConnection, folder: string, day: string): Promise<Uint8Array> {
  const path = join(folder, 'day.parquet');
  const rows = `(from report where date = ${literal(day)}::DATE)`;
  await connection.run(`copy ${rows} to ${literal(path)} (FORMAT parquet)`);
  const bytes = await readFile(path);
  await rm(path);
  return bytes;
}

function isSame(fresh: Uint8Array | null, old: Uint8Array | null): boolean {
  return fresh === null || old === null ? fresh === old : Buffer.compare(fresh, old) === 0;
}

/** A day is re-stated when its rows change after everything that was to be in it had happened. */
async function mark(todo: StoreRuns, days: readonly string[]): Promise<void> {
  const { lake, snapshot, before, changed, definition, edition, timezone } = todo;
  if (before === null) return;
  const open = dayIn(timezone, before.stored_at - definition.reach_back_days * DAY_MS);
  const marks = days
    .filter((day) => day < open)
    .map((date): Restatement => {
      return { date, at: snapshot.committed_at, because: changed.has(date) ? 'events' : 'reach' };
    });
  if (marks.length === 0) return;
  const place = { name: definition.name, edition };
  const fresh = new Set(marks.map(({ date }) => date));
  const others = (await readRestated(lake, place)).filter(({ date }) => !fresh.has(date));
  await writeRestated(lake, place, [...others, ...marks]);
}
