/** Where stored reports lie in the lake, and which version of the table they show. */
import type { ObjectStore } from '../../platform/ports.ts';
import { isJsonObject } from '../../schemas/event.ts';
import { COLUMN_TYPES, type ReportColumn, type ReportHeader } from './header.ts';
import type { Parameter } from './parameters.ts';

export const STORED = 'reports/';
const STATE = `${STORED}state.json`;
const FILE = '.parquet';

/** What is stored of one report. */
export interface StoredReport extends Omit<ReportHeader, 'parameters'> {
  readonly parameters: readonly Pick<Parameter, 'name' | 'type' | 'text'>[];
  /** IANA name of the time zone whose days are stored. */
  readonly timezone: string;
  /** Names the SQL and the time zone that made it: another text is another edition, made beside this one. */
  readonly edition: string;
  /** Version of the snapshot whose rows are counted. */
  readonly version: number;
  /** When that snapshot was committed, epoch milliseconds. */
  readonly stored_at: number;
  /** Every event that arrived before this time is counted, epoch milliseconds. */
  readonly as_of: number | null;
}

/** A stored day whose rows changed after it had ended. */
export interface Restatement {
  readonly date: string;
  /** Commit of the table that brought the change, epoch milliseconds. */
  readonly at: number;
  /** `events`: those of the day itself came late or were replaced; `reach`: those of another day that counts in it. */
  readonly because: 'events' | 'reach';
}

type Place = Pick<StoredReport, 'name' | 'edition'>;

/** One day of one report, as Parquet; a day without rows has none. */
export function reportKey({ name, edition }: Place, day: string): string {
  return `${editionPrefix({ name, edition })}${day}${FILE}`;
}

/** Everything of one report, of any edition. */
export function reportPrefix(name: string): string {
  return `${STORED}${name}/`;
}

export function editionPrefix({ name, edition }: Place): string {
  return `${reportPrefix(name)}${edition}/`;
}

function restatedKey(place: Place): string {
  return `${editionPrefix(place)}restated.json`;
}

/** Days that are stored, ascending, and how many bytes each has. */
export async function storedDays(
  lake: ObjectStore,
  place: Place,
  from = '',
  to = '9999',
): Promise<{ day: string; bytes: number }[]> {
  const prefix = editionPrefix(place);
  const days: { day: string; bytes: number }[] = [];
  let startAfter = `${prefix}${from}`;
  for (;;) {
    const { objects, truncated } = await lake.list({ prefix, startAfter });
    for (const { key, size } of objects) {
      if (key.endsWith(FILE)) days.push({ day: key.slice(prefix.length, -FILE.length), bytes: size });
    }
    const last = objects.at(-1)?.key;
    if (!truncated || last === undefined || last > reportKey(place, to)) return days.filter(({ day }) => day <= to);
    startAfter = last;
  }
}

/** @returns what is stored of each report; nothing where an earlier version of Inlet stored it */
export async function readState(lake: ObjectStore): Promise<readonly StoredReport[]> {
  const reports = (await readObject(lake, STATE))?.reports;
  return Array.isArray(reports) ? reports.map(parseStored) : [];
}

export async function writeState(lake: ObjectStore, reports: readonly StoredReport[]): Promise<void> {
  await lake.put(STATE, JSON.stringify({ reports }));
}

/** Of every day that was re-stated, the last time, by day. */
export async function readRestated(lake: ObjectStore, place: Place): Promise<Restatement[]> {
  const value = await readObject(lake, restatedKey(place));
  return Object.entries(value ?? {}).map(([date, mark]) => {
    if (!isJsonObject(mark) || typeof mark.at !== 'number') throw broken('no time of a re-statement');
    return { date, at: mark.at, because: mark.because === 'reach' ? 'reach' : 'events' };
  });
}

export async function writeRestated(lake: ObjectStore, place: Place, marks: readonly Restatement[]): Promise<void> {
  const byDay = marks.map(({ date, at, because }) => [date, { at, because }] as const);
  await lake.put(restatedKey(place), JSON.stringify(Object.fromEntries(byDay.sort())));
}

async function readObject(lake: ObjectStore, key: string): Promise<Record<string, unknown> | null> {
  const object = await lake.get(key);
  if (object === null) return null;
  const value: unknown = JSON.parse(await object.text());
  if (!isJsonObject(value)) throw broken(key);
  return value;
}

function parseStored(value: unknown): StoredReport {
  if (!isJsonObject(value)) throw broken('no report');
  const { name, description, grain, timezone, edition, version, stored_at, as_of, columns, sums, parameters } = value;
  if (typeof name !== 'string' || typeof description !== 'string' || typeof grain !== 'string') throw broken('no name');
  if (
    typeof edition !== 'string' ||
    typeof timezone !== 'string' ||
    typeof version !== 'number' ||
    typeof stored_at !== 'number'
  )
    throw broken(name);
  if (as_of !== null && typeof as_of !== 'number') throw broken(`${name}: no as_of`);
  if (!Array.isArray(columns) || !Array.isArray(parameters)) throw broken(`${name}: no columns`);
  return {
    name,
    description,
    grain,
    timezone,
    edition,
    version,
    stored_at,
    as_of,
    columns: columns.map(parseColumn),
    // An Inlet from before they were named stored none.
    sums: Array.isArray(sums) ? sums.filter((sum) => typeof sum === 'string') : [],
    parameters: parameters.map(parseNamed),
  };
}

function parseColumn(value: unknown): ReportColumn {
  const named = parseNamed(value);
  const type = COLUMN_TYPES.find((known) => known === named.type);
  if (type === undefined) throw broken(`a column of type ${named.type}`);
  return { ...named, type };
}

function parseNamed(value: unknown): { name: string; type: string; text: string } {
  const { name, type, text } = isJsonObject(value) ? value : {};
  if (typeof name !== 'string' || typeof type !== 'string' || typeof text !== 'string')
    throw broken('a nameless column');
  return { name, type, text };
}

function broken(what: string): Error {
  return new Error(`The state of the stored reports is broken: ${what}`);
}
