/** What the table is like after the last day. */
import { tableFiles } from '../../../lakehouse/catalog/files.ts';
import { readIdentities } from '../../../lakehouse/catalog/identities.ts';
import { loadSnapshot } from '../../../lakehouse/catalog/store.ts';
import type { ObjectStore } from '../../../platform/ports.ts';
import { nothingDone, type Work, workStore } from '../../lakehouse/work.ts';
import { median } from '../support/numbers.ts';
import { dayText } from './day.ts';

export interface TableFigures {
  readonly rows: number;
  readonly table_bytes: number;
  readonly files: number;
  /** Partitions of the days on which most events happened: the rest holds only late ones. */
  readonly files_per_partition: { readonly median: number; readonly most: number };
  readonly index_rows: number;
  readonly index_bytes: number;
  readonly index_parts: number;
  readonly day_plan: Work;
}

/** @param days of the bench */
export async function lookAt(lake: ObjectStore, days: number): Promise<TableFigures> {
  const snapshot = await loadSnapshot(lake);
  const files = await tableFiles(lake, snapshot);
  const partitions = Map.groupBy(files, ({ date, type }) => `${date}/${type}`);
  const counts = [...partitions.values()].map((group) => group.length);
  const parts = (await readIdentities(lake, snapshot))?.parts ?? [];
  const day_plan = nothingDone();
  const counted = workStore(lake, day_plan);
  const asked = dayText(Math.floor(days / 2));
  const planned = await tableFiles(counted, await loadSnapshot(counted), { days: { from: asked, to: asked } });
  if (planned.length !== files.filter(({ date }) => date === asked).length) throw new Error('The plan is not the day');
  return {
    rows: snapshot.totals.rows,
    table_bytes: snapshot.totals.bytes,
    files: files.length,
    files_per_partition: { median: median(counts), most: Math.max(...counts) },
    index_rows: sum(parts.map(({ rows }) => rows)),
    index_bytes: sum(parts.map(({ bytes }) => bytes)),
    index_parts: parts.length,
    day_plan,
  };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
