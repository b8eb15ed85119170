/** Manifests: Avro files that name files of the table. Pure: from entries to bytes and back. */
import { bytesById, number, numbers, recordOf, text } from './avro/fields.ts';
import { decodeAvroFile, encodeAvroFile } from './avro/file.ts';
import type { AvroRecord, AvroValue } from './avro/schema.ts';
import { MANIFEST_ENTRY } from './iceberg/avro-schemas.ts';
import { PARTITION_FIELDS, SORT_ORDER_ID, SPEC_ID } from './iceberg/types.ts';
import { dayNumber, dayText } from './iceberg/values.ts';
import { keyOf, uriOf } from './objects.ts';
import type { Statistics, TableFile } from './table-file.ts';

const STATUS = { existing: 0, added: 1, deleted: 2 } as const;
export type Status = keyof typeof STATUS;

/** One file, and what a snapshot does with it. */
export interface Entry {
  readonly status: Status;
  /** Id of the snapshot that added the file, or that deleted it. */
  readonly snapshot_id: number;
  /** Sequence number of the snapshot that added the file. */
  readonly sequence: number;
  readonly file: TableFile;
}

export interface ManifestContext {
  /** Of the table. */
  readonly location: string;
  /** As the metadata has it. */
  readonly schema: { readonly 'schema-id'?: unknown };
}

export function encodeManifest(entries: readonly Entry[], { location, schema }: ManifestContext): Uint8Array {
  const properties = {
    schema: JSON.stringify(schema),
    'schema-id': String(schema['schema-id']),
    'partition-spec': JSON.stringify(PARTITION_FIELDS),
    'partition-spec-id': String(SPEC_ID),
    'format-version': '2',
    content: 'data',
  };
  return encodeAvroFile(
    MANIFEST_ENTRY,
    properties,
    entries.map((entry) => entryRecord(entry, location)),
  );
}

function entryRecord({ status, snapshot_id, sequence, file }: Entry, location: string): AvroRecord {
  // The number of an added file is that of its manifest: the commit may have to be tried again with a higher one.
  const number = status === 'added' ? null : sequence;
  return {
    status: STATUS[status],
    snapshot_id,
    sequence_number: number,
    file_sequence_number: number,
    data_file: {
      content: 0,
      file_path: uriOf(location, file.key),
      file_format: 'PARQUET',
      partition: { date: dayNumber(file.date), type: file.type },
      record_count: file.rows,
      file_size_in_bytes: file.bytes,
      ...file.statistics,
      sort_order_id: SORT_ORDER_ID,
    },
  };
}

/**
 * @param sequence of the manifest, which its added files take over
 * @throws Error on anything but a manifest of this table
 */
export function decodeManifest(content: Uint8Array, sequence: number): Entry[] {
  return decodeAvroFile(content).map((value) => parseEntry(value, sequence));
}

function parseEntry(value: AvroValue, inherited: number): Entry {
  const entry = recordOf(value);
  const file = recordOf(entry.data_file);
  const partition = recordOf(file.partition);
  const sequence = entry.sequence_number;
  return {
    status: statusOf(number(entry, 'status')),
    snapshot_id: number(entry, 'snapshot_id'),
    sequence: typeof sequence === 'number' ? sequence : inherited,
    file: {
      key: keyOf(text(file, 'file_path')),
      date: dayText(number(partition, 'date')),
      type: text(partition, 'type'),
      rows: number(file, 'record_count'),
      bytes: number(file, 'file_size_in_bytes'),
      statistics: parseStatistics(file),
    },
  };
}

function parseStatistics(file: AvroRecord): Statistics {
  return {
    column_sizes: numbers(file, 'column_sizes'),
    value_counts: numbers(file, 'value_counts'),
    null_value_counts: numbers(file, 'null_value_counts'),
    nan_value_counts: numbers(file, 'nan_value_counts'),
    lower_bounds: bytesById(file, 'lower_bounds'),
    upper_bounds: bytesById(file, 'upper_bounds'),
  };
}

function statusOf(code: number): Status {
  if (code === STATUS.existing) return 'existing';
  if (code === STATUS.added) return 'added';
  if (code === STATUS.deleted) return 'deleted';
  throw new Error(`The manifest has an entry of status ${code}`);
}
