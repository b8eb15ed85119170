/** Where stored reports lie in the lake, and which version of the table they show. */
import type { ObjectStore } from '../../platform/ports.ts';
import { isJsonObject } from '../../schemas/event.ts';

const STATE = 'reports/state.json';

/** One UTC day of one report, as Parquet; a day without rows has none. */
export function reportKey(name: string, day: string): string {
  return `reports/${name}/${day}.parquet`;
}

export interface ReportState {
  /** Version of the snapshot whose rows are counted. */
  readonly version: number;
  /** Every event that arrived before this time is counted, epoch milliseconds. */
  readonly as_of: number | null;
  /** What computed them: other reports, or another text of one, means every day anew. */
  readonly definitions: string;
}

/** @returns null before the first time; throws on anything but a state */
export async function readState(lake: ObjectStore): Promise<ReportState | null> {
  const object = await lake.get(STATE);
  if (object === null) return null;
  const value: unknown = JSON.parse(await object.text());
  if (!isJsonObject(value)) throw new Error(`${STATE} is not a JSON object`);
  const { version, as_of, definitions } = value;
  if (typeof version !== 'number' || typeof definitions !== 'string') throw new Error(`${STATE} has no version`);
  if (as_of !== null && typeof as_of !== 'number') throw new Error(`${STATE} has no as_of`);
  return { version, as_of, definitions };
}

export async function writeState(lake: ObjectStore, state: ReportState): Promise<void> {
  await lake.put(STATE, JSON.stringify(state));
}
