/** `bun test/bench/size/run.ts`: how many bytes an event takes in the compacted table, column by column. */
import { join } from 'node:path';
import { Command } from 'commander';
import { decodePack } from '../../../edge/enqueue/pack.ts';
import { expandPack } from '../../../edge/expand/expand.ts';
import { appendSegment } from '../../../lakehouse/append/append.ts';
import { tableFiles } from '../../../lakehouse/catalog/files.ts';
import { openLog } from '../../../lakehouse/catalog/log.ts';
import { runCompaction } from '../../../lakehouse/compact/run.ts';
import { pathList } from '../../../lakehouse/sql/columns.ts';
import { allRows, asNumber, openDuckDB } from '../../../lakehouse/sql/duckdb.ts';
import { openLake } from '../../../platform/bun/lake.ts';
import { systemClock, systemRandom, zstdCompressor } from '../../../platform/bun/system.ts';
import { parseConfig } from '../../../schemas/config.ts';
import { whole } from '../support/numbers.ts';
import { positive, print } from '../support/output.ts';
import { inScratch } from '../support/scratch.ts';
import { shopBatches } from '../support/shop-packs.ts';

const BYTES_MAX = 100;
const COLUMNS_SHOWN = 12;

interface Options {
  events: number;
  small?: true;
}

interface ColumnSize {
  readonly name: string;
  readonly bytes: number;
}

await new Command('size')
  .description('Measure the compacted table over a day of the shop')
  .option('--events <count>', 'how many', positive, 200_000)
  .option('--small', 'only see that it runs: few events, and a missed bar is no failure')
  .action(async ({ events, small }: Options) => {
    const passed = await inScratch('size', (folder) => measure(folder, small ? 10_000 : events));
    if (!passed && !small) process.exitCode = 1;
  })
  .parseAsync();

async function measure(folder: string, events: number): Promise<boolean> {
  const config = parseConfig({ INLET_DATA_DIR: folder });
  const stores = openLake(config);
  for (const batch of shopBatches({ events, users: events })) {
    const packs = batch.map(decodePack);
    const ids = packs.map(({ header }) => header.id);
    await appendSegment(stores.lake, packs.flatMap(expandPack), ids, zstdCompressor);
  }
  const { bytes: segment_bytes, rows } = await runCompaction({
    ...stores,
    clock: systemClock,
    random: systemRandom,
    config,
  });
  const files = await tableFiles(stores.lake, (await openLog(stores.lake)).snapshot);
  const table_bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const table_rows = files.reduce((sum, file) => sum + file.rows, 0);
  if (rows !== events || table_rows !== events) throw new Error(`${events} events became ${table_rows} rows.`);
  const paths = files.map(({ key }) => join(folder, 'lake', key));
  const columns = await columnSizes(join(folder, 'scratch'), paths);
  const footers = table_bytes - columns.reduce((sum, { bytes }) => sum + bytes, 0);
  return report(events, files.length, table_bytes, segment_bytes, [...columns, { name: '(footers)', bytes: footers }]);
}

/** As compressed, largest first. */
async function columnSizes(scratch_dir: string, paths: readonly string[]): Promise<ColumnSize[]> {
  const { connection, close } = await openDuckDB({ scratch_dir });
  const rows = await allRows(
    connection,
    `select split_part(path_in_schema, ',', 1) as name, sum(total_compressed_size)::BIGINT as bytes
       from parquet_metadata(${pathList(paths)}) group by name order by bytes desc, name`,
  );
  await close();
  return rows.map(({ name, bytes }) => ({ name: String(name), bytes: asNumber(bytes) }));
}

function report(events: number, files: number, table: number, segments: number, columns: readonly ColumnSize[]) {
  const per = (bytes: number): number => Number((bytes / events).toFixed(2));
  const sorted = columns.toSorted((one, other) => other.bytes - one.bytes);
  const rest = sorted.slice(COLUMNS_SHOWN).reduce((sum, { bytes }) => sum + bytes, 0);
  const shown = [...sorted.slice(0, COLUMNS_SHOWN), { name: '(the rest)', bytes: rest }];
  const passed = per(table) <= BYTES_MAX;
  print(
    [`${whole(events)} events, ${files} files`, 'bytes/event', 'share'],
    [
      ...shown.map(({ name, bytes }) => [name, per(bytes).toFixed(2), `${((100 * bytes) / table).toFixed(1)} %`]),
      [`table, at most ${BYTES_MAX}: ${passed ? 'passed' : 'MISSED'}`, per(table).toFixed(2), '100.0 %'],
      ['segments, before compaction', per(segments).toFixed(2), ''],
    ],
    {
      bench: 'size',
      events,
      files,
      table_bytes_per_event: per(table),
      segment_bytes_per_event: per(segments),
      columns: Object.fromEntries(sorted.map(({ name, bytes }) => [name, per(bytes)])),
      passed,
    },
  );
  return passed;
}
