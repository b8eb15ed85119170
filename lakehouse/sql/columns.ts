/** The event columns as DuckDB sees them. */
import { COLUMNS, type ColumnSpec, PRODUCT_ELEMENT_ID, PRODUCT_FIELDS } from '../../schemas/columns.ts';
import { literal } from './duckdb.ts';

const FIELD_TYPES = { string: 'VARCHAR', double: 'DOUBLE', int: 'INTEGER' } as const;

const SQL_TYPES: Record<ColumnSpec['type'], string> = {
  string: 'VARCHAR',
  json: 'VARCHAR',
  timestamp: 'TIMESTAMPTZ',
  uuid: 'UUID',
  int: 'INTEGER',
  boolean: 'BOOLEAN',
  products: `STRUCT(${PRODUCT_FIELDS.map(({ name, type }) => `${name} ${FIELD_TYPES[type]}`).join(', ')})[]`,
};

export const COLUMN_LIST = COLUMNS.map(({ name }) => `"${name}"`).join(', ');

/** The UTC day of `timestamp`, by which the table is partitioned. */
export const DAY = `strftime(timezone('UTC', "timestamp"), '%Y-%m-%d')`;

/** How copies are told apart, and the table sorted. */
export const FILE_ORDER = 'user_key, "timestamp", source, message_id';

const PRODUCT_FIELD_IDS = PRODUCT_FIELDS.map(({ name, id }) => `${name}: ${id}`).join(', ');

/** For the FIELD_IDS option of COPY. */
export const FIELD_IDS = `{${COLUMNS.map(({ name, id, type }) =>
  type === 'products'
    ? `"${name}": {__duckdb_field_id: ${id}, element: {__duckdb_field_id: ${PRODUCT_ELEMENT_ID}, ${PRODUCT_FIELD_IDS}}}`
    : `"${name}": ${id}`,
).join(', ')}}`;

/** Columns are found by field id, so that files from before a column was added read as null there. */
const SCHEMA = `MAP {${COLUMNS.map(
  ({ id, name, type }) => `${id}: {name: '${name}', type: '${SQL_TYPES[type]}', default_value: NULL}`,
).join(', ')}}`;

/**
 * A table expression over segments or table files with the event columns, `filename` and `file_row_number`.
 *
 * @param paths local files; may be empty
 */
export function eventFiles(paths: readonly string[]): string {
  if (paths.length === 0)
    return `(select ${EMPTY_ROW}, NULL::VARCHAR as filename, NULL::BIGINT as file_row_number limit 0)`;
  return `read_parquet(${pathList(paths)}, schema = ${SCHEMA}, hive_partitioning = false, filename = true, file_row_number = true)`;
}

const EMPTY_ROW = COLUMNS.map(({ name, type }) => `NULL::${SQL_TYPES[type]} as "${name}"`).join(', ');

export function pathList(paths: readonly string[]): string {
  return `[${paths.map(literal).join(', ')}]`;
}
