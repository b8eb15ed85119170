/** The Avro schemas of manifests and manifest lists: Iceberg format version 2. */
import type { AvroField, AvroSchema, MapSchema, OptionalSchema, RecordSchema } from '../avro/schema.ts';
import { DATE_FIELD_ID, TYPE_FIELD_ID } from './types.ts';

function required(id: number, name: string, type: AvroSchema): AvroField {
  return { name, type, 'field-id': id };
}

function optional(id: number, name: string, type: AvroSchema): AvroField {
  const union: OptionalSchema = ['null', type];
  return { name, type: union, default: null, 'field-id': id };
}

function record(name: string, fields: readonly AvroField[]): RecordSchema {
  return { type: 'record', name, fields };
}

function mapById(keyId: number, valueId: number, value: AvroSchema): MapSchema {
  const entry = record(`k${keyId}_v${valueId}`, [required(keyId, 'key', 'int'), required(valueId, 'value', value)]);
  return { type: 'array', logicalType: 'map', items: entry };
}

const PARTITION = record('r102', [
  optional(DATE_FIELD_ID, 'date', { type: 'int', logicalType: 'date' }),
  optional(TYPE_FIELD_ID, 'type', 'string'),
]);

const DATA_FILE = record('r2', [
  required(134, 'content', 'int'),
  required(100, 'file_path', 'string'),
  required(101, 'file_format', 'string'),
  required(102, 'partition', PARTITION),
  required(103, 'record_count', 'long'),
  required(104, 'file_size_in_bytes', 'long'),
  optional(108, 'column_sizes', mapById(117, 118, 'long')),
  optional(109, 'value_counts', mapById(119, 120, 'long')),
  optional(110, 'null_value_counts', mapById(121, 122, 'long')),
  optional(137, 'nan_value_counts', mapById(138, 139, 'long')),
  optional(125, 'lower_bounds', mapById(126, 127, 'bytes')),
  optional(128, 'upper_bounds', mapById(129, 130, 'bytes')),
  optional(140, 'sort_order_id', 'int'),
]);

/** One file that a snapshot adds, keeps or deletes. */
export const MANIFEST_ENTRY = record('manifest_entry', [
  required(0, 'status', 'int'),
  optional(1, 'snapshot_id', 'long'),
  optional(3, 'sequence_number', 'long'),
  optional(4, 'file_sequence_number', 'long'),
  required(2, 'data_file', DATA_FILE),
]);

const FIELD_SUMMARY = record('r508', [
  required(509, 'contains_null', 'boolean'),
  optional(518, 'contains_nan', 'boolean'),
  optional(510, 'lower_bound', 'bytes'),
  optional(511, 'upper_bound', 'bytes'),
]);

/** One manifest of a snapshot. */
export const MANIFEST_FILE = record('manifest_file', [
  required(500, 'manifest_path', 'string'),
  required(501, 'manifest_length', 'long'),
  required(502, 'partition_spec_id', 'int'),
  required(517, 'content', 'int'),
  required(515, 'sequence_number', 'long'),
  required(516, 'min_sequence_number', 'long'),
  required(503, 'added_snapshot_id', 'long'),
  required(504, 'added_files_count', 'int'),
  required(505, 'existing_files_count', 'int'),
  required(506, 'deleted_files_count', 'int'),
  required(512, 'added_rows_count', 'long'),
  required(513, 'existing_rows_count', 'long'),
  required(514, 'deleted_rows_count', 'long'),
  optional(507, 'partitions', { type: 'array', 'element-id': 508, items: FIELD_SUMMARY }),
]);
