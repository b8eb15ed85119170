/** Whether the segments of the bench are what the product writes. */
import { join } from 'node:path';
import { encodeSegment } from '../../../lakehouse/append/encode.ts';
import { readRows } from '../../../lakehouse/append/read.ts';
import { allRows, literal, openDuckDB } from '../../../lakehouse/sql/duckdb.ts';
import type { Lake } from '../../../platform/bun/lake.ts';
import { zstdCompressor } from '../../../platform/bun/system.ts';
import { writeSegment } from './day.ts';

/** @throws Error where a segment that DuckDB wrote has other columns than the same rows as `encodeSegment` writes them */
export async function checkSchema({ lake, files }: Lake, base: readonly string[]): Promise<void> {
  const [path] = base;
  if (path === undefined) return;
  const { connection, folder, close } = await openDuckDB(files);
  const made = join(folder, 'made.parquet');
  const ours = join(folder, 'ours.parquet');
  await writeSegment(connection, { base: path, day: 1, to: made });
  await lake.put('bench/sample.parquet', new Uint8Array(await Bun.file(made).arrayBuffer()));
  for await (const rows of readRows(lake, 'bench/sample.parquet')) {
    await Bun.write(ours, encodeSegment(rows, zstdCompressor));
    break;
  }
  await lake.delete('bench/sample.parquet');
  const columns = async (file: string): Promise<string> =>
    JSON.stringify(
      await allRows(
        connection,
        `select name, type, duckdb_type, field_id::VARCHAR as field_id
         from parquet_schema(${literal(file)}) where num_children is null order by field_id, name`,
      ),
    );
  const [left, right] = [await columns(made), await columns(ours)];
  await close();
  if (left !== right) throw new Error(`The segments of the bench are not those of Inlet:\n${left}\n${right}`);
}
