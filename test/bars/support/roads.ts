/** Every road by which the number of events can be asked for. */
import { join } from 'node:path';
import { tableFiles } from '../../../lakehouse/catalog/files.ts';
import { openLog } from '../../../lakehouse/catalog/log.ts';
import { pathList } from '../../../lakehouse/sql/columns.ts';
import { allRows, asNumber, openDuckDB } from '../../../lakehouse/sql/duckdb.ts';
import { openLake } from '../../../platform/bun/lake.ts';
import { parseConfig } from '../../../schemas/config.ts';
import { isJsonObject, type JsonObject } from '../../../schemas/event.ts';
import { askGraphql, wholeTimeline } from '../../support/client.ts';
import { type RunningInlet, runInlet } from '../../support/inlet.ts';
import { eachOf } from './shop.ts';

/** Rows in the files of the log, by DuckDB, whatever Inlet's own views say of them. */
export async function rowsOfLog(dataDir: string): Promise<number> {
  const { lake, files } = openLake(parseConfig({ INLET_DATA_DIR: dataDir }));
  const { snapshot, segments } = await openLog(lake);
  const paths = [...(await tableFiles(lake, snapshot)), ...segments].map(({ key }) => join(dataDir, 'lake', key));
  const { connection, close } = await openDuckDB(files);
  const [row] = await allRows(connection, `select count(*) as rows from read_parquet(${pathList(paths)})`);
  await close();
  return asNumber(row?.rows);
}

/** The view `events`, and how many message ids are in it. */
export async function rowsOfView(dataDir: string): Promise<{ rows: number; ids: number }> {
  const sql = 'select count(*) as rows, count(distinct (source, message_id)) as ids from events';
  const [row] = await jsonRows(dataDir, ['sql', '-c', sql]);
  return { rows: Number(row?.rows), ids: Number(row?.ids) };
}

/** A report of one day, computed now. */
export function report(dataDir: string, name: string, day: string): Promise<JsonObject[]> {
  return jsonRows(dataDir, ['report', name, '--from', day, '--to', day]);
}

async function jsonRows(dataDir: string, words: readonly string[]): Promise<JsonObject[]> {
  const { code, stdout, stderr } = await runInlet(dataDir, [...words, '--format', 'json']);
  if (code !== 0) throw new Error(`inlet ${words.join(' ')} failed: ${stderr}`);
  const rows: unknown = JSON.parse(stdout);
  if (!Array.isArray(rows)) throw new Error(`inlet ${words.join(' ')} printed no rows.`);
  return rows.filter(isJsonObject);
}

const REPORT = `query ($name: String!, $day: Date!) {
  reports(name: $name, from: $day, to: $day) { columns { name } rows } }`;

/** A report of one day, as it was stored. */
export async function storedReport(inlet: RunningInlet, name: string, day: string): Promise<JsonObject[]> {
  const answer = await askGraphql(inlet, REPORT, { name, day });
  const report = isJsonObject(answer) ? answer.reports : null;
  if (!isJsonObject(report) || !Array.isArray(report.columns) || !Array.isArray(report.rows)) {
    throw new Error(`Not a report: ${JSON.stringify(answer)}`);
  }
  const names = report.columns.map((column) => String(isJsonObject(column) ? column.name : null));
  return report.rows.map((row) => {
    return Object.fromEntries(names.map((column, index) => [column, Array.isArray(row) ? row[index] : null]));
  });
}

const TIMELINES_AT_ONCE = 8;

/** Walks the timeline of every user. @returns events in all, and users whose number of events is not the expected one */
export async function walkTimelines(
  inlet: RunningInlet,
  expected: ReadonlyMap<string, number>,
): Promise<{ events: number; wrong: number }> {
  let events = 0;
  let wrong = 0;
  await eachOf([...expected], TIMELINES_AT_ONCE, async ([user, count]) => {
    const timeline = await wholeTimeline(inlet, user);
    const distinct = new Set(timeline.map(({ source, messageId }) => `${source}\0${messageId}`));
    events += timeline.length;
    if (distinct.size !== count || timeline.length !== count) wrong += 1;
  });
  return { events, wrong };
}
