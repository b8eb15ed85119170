/** Manifest lists: one Avro file a snapshot, which names its manifests. Pure: from manifests to bytes and back. */
import { bytes, list, number, recordOf, text } from './avro/fields.ts';
import { decodeAvroFile, encodeAvroFile } from './avro/file.ts';
import type { AvroRecord, AvroValue } from './avro/schema.ts';
import { MANIFEST_FILE } from './iceberg/avro-schemas.ts';
import { SPEC_ID } from './iceberg/types.ts';
import { dayNumber, dayText, intBytes, intOf, textBytes, textOf } from './iceberg/values.ts';
import type { Entry } from './manifest.ts';
import { keyOf, uriOf } from './objects.ts';

export interface Manifest {
  readonly key: string;
  readonly bytes: number;
  /** Of the snapshot that wrote it. */
  readonly snapshot_id: number;
  readonly sequence: number;
  /** The lowest of its live files. */
  readonly sequence_min: number;
  readonly added: Tally;
  readonly existing: Tally;
  readonly deleted: Tally;
  /** Days and types of its files, inclusive. */
  readonly date_min: string;
  readonly date_max: string;
  readonly type_min: string;
  readonly type_max: string;
}

export interface Tally {
  readonly files: number;
  readonly rows: number;
}

/** @param entries at least one, as written to the object */
export function summarize(
  entries: readonly Entry[],
  object: Pick<Manifest, 'key' | 'bytes' | 'snapshot_id' | 'sequence'>,
): Manifest {
  const live = entries.filter(({ status }) => status !== 'deleted');
  const dates = entries.map(({ file }) => file.date).sort();
  const types = entries.map(({ file }) => file.type).sort();
  return {
    ...object,
    sequence_min: live.reduce((lowest, { sequence }) => Math.min(lowest, sequence), object.sequence),
    added: tally(entries, 'added'),
    existing: tally(entries, 'existing'),
    deleted: tally(entries, 'deleted'),
    date_min: dates.at(0) ?? '',
    date_max: dates.at(-1) ?? '',
    type_min: types.at(0) ?? '',
    type_max: types.at(-1) ?? '',
  };
}

function tally(entries: readonly Entry[], status: Entry['status']): Tally {
  const files = entries.filter((entry) => entry.status === status).map(({ file }) => file);
  return { files: files.length, rows: files.reduce((total, { rows }) => total + rows, 0) };
}

export interface ListContext {
  /** Of the table. */
  readonly location: string;
  readonly snapshot_id: number;
  readonly parent_id: number | null;
  readonly sequence: number;
}

export function encodeManifestList(manifests: readonly Manifest[], context: ListContext): Uint8Array {
  const properties = {
    'snapshot-id': String(context.snapshot_id),
    'parent-snapshot-id': String(context.parent_id),
    'sequence-number': String(context.sequence),
    'format-version': '2',
  };
  return encodeAvroFile(
    MANIFEST_FILE,
    properties,
    manifests.map((manifest) => manifestRecord(manifest, context.location)),
  );
}

function manifestRecord(manifest: Manifest, location: string): AvroRecord {
  const { added, existing, deleted } = manifest;
  return {
    manifest_path: uriOf(location, manifest.key),
    manifest_length: manifest.bytes,
    partition_spec_id: SPEC_ID,
    content: 0,
    sequence_number: manifest.sequence,
    min_sequence_number: manifest.sequence_min,
    added_snapshot_id: manifest.snapshot_id,
    added_files_count: added.files,
    existing_files_count: existing.files,
    deleted_files_count: deleted.files,
    added_rows_count: added.rows,
    existing_rows_count: existing.rows,
    deleted_rows_count: deleted.rows,
    partitions: [
      fieldSummary(intBytes(dayNumber(manifest.date_min)), intBytes(dayNumber(manifest.date_max))),
      fieldSummary(textBytes(manifest.type_min), textBytes(manifest.type_max)),
    ],
  };
}

function fieldSummary(lower_bound: Uint8Array, upper_bound: Uint8Array): AvroRecord {
  return { contains_null: false, contains_nan: false, lower_bound, upper_bound };
}

/** @throws Error on anything but a manifest list of this table */
export function decodeManifestList(content: Uint8Array): Manifest[] {
  return decodeAvroFile(content).map(parseManifest);
}

function parseManifest(value: AvroValue): Manifest {
  const row = recordOf(value);
  const [dates, types] = list(row, 'partitions');
  if (dates === undefined || types === undefined) throw new Error('The manifest list has no partitions');
  const count = (name: string): Tally => ({
    files: number(row, `${name}_files_count`),
    rows: number(row, `${name}_rows_count`),
  });
  return {
    key: keyOf(text(row, 'manifest_path')),
    bytes: number(row, 'manifest_length'),
    snapshot_id: number(row, 'added_snapshot_id'),
    sequence: number(row, 'sequence_number'),
    sequence_min: number(row, 'min_sequence_number'),
    added: count('added'),
    existing: count('existing'),
    deleted: count('deleted'),
    date_min: dayText(intOf(bytes(dates, 'lower_bound'))),
    date_max: dayText(intOf(bytes(dates, 'upper_bound'))),
    type_min: textOf(bytes(types, 'lower_bound')),
    type_max: textOf(bytes(types, 'upper_bound')),
  };
}

export function liveFiles({ added, existing }: Manifest): number {
  return added.files + existing.files;
}
