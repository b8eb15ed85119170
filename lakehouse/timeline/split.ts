/** Row groups that a reader can hold: DuckDB makes none of fewer than 2,048 rows, however large these are. */
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { COLUMNS } from '../../schemas/columns.ts';
import { TIMELINE_COLUMNS } from '../../schemas/timeline.ts';
import { concatenate } from '../compact/concatenate.ts';
import { allRows, asNumber, literal } from '../sql/duckdb.ts';
import { type GroupExtent, groupExtents } from './groups.ts';

/** Of a row group, decompressed: a reader holds so much for each that it looks into, and the text of it once more. */
export const GROUP_BYTES = 2_097_152;
/** Numbers, ids and lengths of a row, about. */
const ROW_BYTES = 128;

const TEXT_COLUMNS = COLUMNS.filter(
  ({ name, type }) => TIMELINE_COLUMNS.some((column) => column === name) && (type === 'string' || type === 'json'),
);
/** SQL: about how many bytes a row takes when it is not compressed. */
export const TEXT_BYTES = [ROW_BYTES, ...TEXT_COLUMNS.map(({ name }) => `coalesce(strlen("${name}"), 0)`)].join(' + ');

/** From one row of a file to another, both included. */
interface Stretch {
  readonly first: number;
  readonly last: number;
}

/**
 * Makes several of each large row group of the file: what is in it, and in which order, stays.
 *
 * @param path of a file whose rows are in order
 * @param options of the COPY that made it
 * @returns what the file holds then
 */
export async function splitLarge(
  connection: DuckDBConnection,
  path: string,
  folder: string,
  options: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(await readFile(path));
  const groups = groupExtents(bytes);
  if (groups.every((group) => group.bytes <= GROUP_BYTES)) return bytes;
  const parts: { path: string; size: number }[] = [];
  const copy = async (rows: string, { first, last }: Stretch): Promise<void> => {
    const part = join(folder, `part-${parts.length}.parquet`);
    await connection.run(
      `copy (select * exclude (file_row_number) from ${rows} where file_row_number between ${first} and ${last}
         order by file_row_number) to ${literal(part)} (${options})`,
    );
    parts.push({ path: part, size: (await stat(part)).size });
  };
  const whole = `read_parquet(${literal(path)}, file_row_number = true)`;
  for (const { first, last, isLarge } of runsOf(groups)) {
    if (!isLarge) {
      await copy(whole, { first, last });
      continue;
    }
    await connection.run(
      `create or replace temp table large as select * from ${whole} where file_row_number between ${first} and ${last}`,
    );
    const sizes = await allRows(connection, `select ${TEXT_BYTES} as bytes from large order by file_row_number`);
    const cuts = cut(sizes.map(({ bytes: size }) => asNumber(size)));
    for (const stretch of cuts) await copy('large', { first: first + stretch.first, last: first + stretch.last });
  }
  await connection.run('drop table if exists large');
  try {
    const joined = await concatenate(
      parts.map(({ size }) => size),
      async (place) => new Uint8Array(await readFile(parts[place]?.path ?? '')),
    );
    await writeFile(path, joined);
    return joined;
  } finally {
    for (const part of parts) await rm(part.path);
  }
}

/** Each large row group by itself, and those between them together. */
function runsOf(groups: readonly GroupExtent[]): (Stretch & { readonly isLarge: boolean })[] {
  const runs: { first: number; last: number; isLarge: boolean }[] = [];
  for (const { start, rows, bytes } of groups) {
    const isLarge = bytes > GROUP_BYTES;
    const before = runs.at(-1);
    if (!isLarge && before?.isLarge === false) before.last = start + rows - 1;
    else runs.push({ first: start, last: start + rows - 1, isLarge });
  }
  return runs;
}

/** Stretches of rows of at most `GROUP_BYTES`, or of one row. */
export function cut(sizes: readonly number[]): Stretch[] {
  const stretches: { first: number; last: number }[] = [];
  let sum = 0;
  for (const [row, size] of sizes.entries()) {
    sum += size;
    const before = stretches.at(-1);
    if (before !== undefined && sum <= GROUP_BYTES) {
      before.last = row;
      continue;
    }
    stretches.push({ first: row, last: row });
    sum = size;
  }
  return stretches;
}
