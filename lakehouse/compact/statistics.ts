/** What the footer of a Parquet file says about its columns, as the table keeps it. */
import { type ColumnMetaData, type ParquetParsers, parquetMetadata, parquetSchema, type SchemaTree } from 'hyparquet';
import { COLUMNS } from '../../schemas/columns.ts';
import { intBytes, longBytes, lowerText, upperText } from '../catalog/iceberg/values.ts';
import type { Statistics } from '../catalog/table-file.ts';

/** Nobody looks for events by the order of their JSON text. */
const BOUNDED = new Set<number>(
  COLUMNS.filter(({ name, type }) => type !== 'json' && type !== 'products' && name !== 'body').map(({ id }) => id),
);

/** Bounds stay as exact as they are in the file. */
const PARSERS: Partial<ParquetParsers> = {
  timestampFromMicroseconds: (micros: bigint | undefined) => micros,
  uuidFromBytes: (bytes: Uint8Array | undefined) => bytes,
};

type Bound = NonNullable<ColumnMetaData['statistics']>['min_value'];

/**
 * @param file a whole Parquet file, with field ids
 * @param nanCounts by field id: footers do not say
 */
export function statisticsOf(file: Uint8Array<ArrayBuffer>, nanCounts: ReadonlyMap<number, number>): Statistics {
  const metadata = parquetMetadata(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength), {
    parsers: PARSERS,
  });
  const ids = leafIds(parquetSchema(metadata));
  const chunks = metadata.row_groups.flatMap(({ columns }) => columns.map(({ meta_data }) => meta_data));
  const columns = Map.groupBy(
    chunks.filter((chunk) => chunk !== undefined),
    ({ path_in_schema }) => ids.get(path_in_schema.join('.')),
  );
  const statistics = {
    column_sizes: new Map<number, number>(),
    value_counts: new Map<number, number>(),
    null_value_counts: new Map<number, number>(),
    nan_value_counts: nanCounts,
    lower_bounds: new Map<number, Uint8Array>(),
    upper_bounds: new Map<number, Uint8Array>(),
  };
  for (const [id, column] of columns) {
    if (id === undefined) throw new Error('The file has a column without a field id');
    statistics.column_sizes.set(id, sum(column.map((chunk) => chunk.total_compressed_size)));
    statistics.value_counts.set(id, sum(column.map((chunk) => chunk.num_values)));
    const nulls = column.map((chunk) => chunk.statistics?.null_count);
    if (nulls.every((count) => count !== undefined)) statistics.null_value_counts.set(id, sum(nulls));
    if (!BOUNDED.has(id)) continue;
    const lower = boundOf(column, 'min_value');
    const upper = boundOf(column, 'max_value');
    if (lower === null || upper === null) continue;
    statistics.lower_bounds.set(id, lower);
    statistics.upper_bounds.set(id, upper);
  }
  return statistics;
}

function leafIds(schema: SchemaTree): Map<string, number> {
  const ids = new Map<string, number>();
  const visit = ({ children, path, element }: SchemaTree): void => {
    if (children.length === 0 && element.field_id !== undefined) ids.set(path.join('.'), element.field_id);
    children.forEach(visit);
  };
  visit(schema);
  return ids;
}

function sum(values: readonly (bigint | number)[]): number {
  return values.reduce<number>((total, value) => total + Number(value), 0);
}

/** @returns null when there are only nulls, or a row group with values does not say */
function boundOf(column: readonly ColumnMetaData[], name: 'min_value' | 'max_value'): Uint8Array | null {
  const filled = column.filter(({ statistics, num_values }) => statistics?.null_count !== num_values);
  const bounds = filled.map(({ statistics }) => statistics?.[name]);
  if (bounds.some((bound) => bound === undefined)) return null;
  const best = bounds.reduce((left, right) => {
    const isLess = compare(left, right) < 0;
    return isLess === (name === 'min_value') ? left : right;
  }, bounds[0]);
  return bytesOf(best, name);
}

/** By UTF-8 bytes, as Iceberg orders text. */
function compare(left: Bound, right: Bound): number {
  if (typeof left === 'string' && typeof right === 'string')
    return Buffer.compare(Buffer.from(left), Buffer.from(right));
  if (left instanceof Uint8Array && right instanceof Uint8Array) return Buffer.compare(left, right);
  return (left ?? 0) < (right ?? 0) ? -1 : 1;
}

function bytesOf(bound: Bound, name: 'min_value' | 'max_value'): Uint8Array | null {
  if (typeof bound === 'string') return name === 'min_value' ? lowerText(bound) : upperText(bound);
  if (typeof bound === 'boolean') return Uint8Array.of(bound ? 1 : 0);
  if (typeof bound === 'bigint') return longBytes(bound);
  if (typeof bound === 'number') return intBytes(bound);
  return bound instanceof Uint8Array ? bound : null;
}
