/** DuckDB's own way from events to a file of the table, and the look at what a round has written. */
import { COLUMN_LIST, eventFiles, FIELD_IDS, FILE_ORDER } from '../../../lakehouse/sql/columns.ts';
import { allRows, asNumber, literal, openDuckDB } from '../../../lakehouse/sql/duckdb.ts';
import { COLUMNS, type ColumnSpec, PRODUCT_FIELDS } from '../../../schemas/columns.ts';

const FIELD_TYPES = { string: 'VARCHAR', double: 'DOUBLE', int: 'INTEGER' } as const;
const TYPES: Record<ColumnSpec['type'], string> = {
  string: 'VARCHAR',
  json: 'VARCHAR',
  timestamp: 'TIMESTAMPTZ',
  uuid: 'UUID',
  int: 'INTEGER',
  boolean: 'BOOLEAN',
  products: `STRUCT(${PRODUCT_FIELDS.map(({ name, type }) => `${name} ${FIELD_TYPES[type]}`).join(', ')})[]`,
};
const COLUMNS_OF_JSON = `{${COLUMNS.map(({ name, type }) => `"${name}": ${literal(TYPES[type])}`).join(', ')}}`;

/** With the memory and the threads that compaction has, and its Parquet settings. @returns seconds */
export async function copyByDuckDB(scratch: string, ndjson: string, into: string): Promise<number> {
  const { connection, close } = await openDuckDB({ scratch_dir: scratch });
  const start = performance.now();
  await connection.run(`
    copy (
      select ${COLUMN_LIST}
      from read_json(${literal(ndjson)}, format = 'newline_delimited', columns = ${COLUMNS_OF_JSON})
      order by ${FILE_ORDER}
    ) to ${literal(into)} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, ROW_GROUP_SIZE 20480, FIELD_IDS ${FIELD_IDS})`);
  const seconds = (performance.now() - start) / 1_000;
  await close();
  return seconds;
}

export interface Content {
  readonly events: number;
  /** Over every value of every row, in any order. */
  readonly checksum: string;
}

export async function contentOf(scratch: string, paths: readonly string[]): Promise<Content> {
  const { connection, close } = await openDuckDB({ scratch_dir: scratch });
  const [row] = await allRows(
    connection,
    `select count(*) as events, sum(hash(${COLUMN_LIST}))::VARCHAR as checksum from ${eventFiles(paths)}`,
  );
  await close();
  return { events: asNumber(row?.events), checksum: String(row?.checksum) };
}
