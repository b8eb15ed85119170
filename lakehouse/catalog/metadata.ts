/** The metadata of the table: Iceberg's `vN.metadata.json`, format version 2. Pure: parse, change, write. */
import { isJsonObject, type JsonObject } from '../../schemas/event.ts';
import {
  icebergSchema,
  PARTITION_FIELDS,
  SORT_FIELDS,
  SORT_ORDER_ID,
  SPEC_ID,
  TYPE_FIELD_ID,
} from './iceberg/types.ts';
import { keyOf, metadataKey, uriOf } from './objects.ts';

const SWEPT_AT = 'inlet.swept-at';
const MOVED_FROM = 'inlet.moved-from';
const MOVED_AT = 'inlet.moved-at';
/** Who comes back to a place within this time has not moved: two hosts name one lake in two ways, milliseconds. */
const MOVE_BACK_MS = 24 * 3_600_000;

/** One snapshot of the table, as the metadata names it. */
export interface SnapshotRecord {
  readonly id: number;
  readonly parent_id: number | null;
  /** Counts up from 1 without gaps. */
  readonly sequence: number;
  /** Epoch milliseconds. */
  readonly committed_at: number;
  /** Key of its manifest list. */
  readonly manifest_list: string;
  readonly schema_id: number;
  readonly summary: Readonly<Record<string, string>>;
}

/** A schema as it was written: those of other versions are passed on as they are. */
export type SchemaRecord = JsonObject & { readonly 'schema-id': number; readonly fields: readonly unknown[] };

export interface Metadata {
  /** Counts up from 1 without gaps: the N of `vN.metadata.json`. */
  readonly version: number;
  readonly uuid: string;
  /** Where the table is, to other engines. */
  readonly location: string;
  /** Where it was before, and until when, epoch milliseconds; null while it has always been here. */
  readonly moved: { readonly from: string; readonly at: number } | null;
  /** Epoch milliseconds. */
  readonly updated_at: number;
  readonly last_column_id: number;
  /** When files that nothing names were last looked for, epoch milliseconds. */
  readonly swept_at: number;
  /** Ascending; the last one is the current one. */
  readonly schemas: readonly SchemaRecord[];
  /** Ascending; the last one is the table now. At least one. */
  readonly snapshots: readonly SnapshotRecord[];
  /** Versions before this one whose files are still there, ascending, with the times they were written. */
  readonly log: readonly { readonly version: number; readonly updated_at: number }[];
}

export function currentSnapshot({ version, snapshots }: Metadata): SnapshotRecord {
  const current = snapshots.at(-1);
  if (current === undefined) throw new Error(`Version ${version} of the table has no snapshot`);
  return current;
}

export function currentSchema({ version, schemas }: Metadata): SchemaRecord {
  const current = schemas.at(-1);
  if (current === undefined) throw new Error(`Version ${version} of the table has no schema`);
  return current;
}

/** The metadata after this one, and after what it is put on record that came before. */
export function successorOf(base: Metadata, updated_at: number): Metadata {
  return {
    ...base,
    version: base.version + 1,
    updated_at,
    log: [...base.log, { version: base.version, updated_at: base.updated_at }],
  };
}

/**
 * The same table, elsewhere.
 *
 * @throws Error when it has just come from there: its manifests would be written again with each commit
 */
export function movedTo(metadata: Metadata, location: string): Metadata {
  const { location: from, moved, updated_at: at } = metadata;
  if (from === location) return metadata;
  if (moved !== null && moved.from === location && at - moved.at < MOVE_BACK_MS) {
    throw new Error(
      `The table was at ${location} until ${new Date(moved.at).toISOString()}, when somebody committed to it as ${from}. ` +
        'Set INLET_LAKE_URI to the same name for all who compact this lake',
    );
  }
  return { ...metadata, location, moved: { from, at } };
}

/** The schemas with one for the columns of this version of Inlet, where there is none yet. Columns are only added. */
export function withColumns(schemas: readonly SchemaRecord[]): readonly SchemaRecord[] {
  const current = schemas.at(-1);
  const next: SchemaRecord = { ...icebergSchema((current?.['schema-id'] ?? -1) + 1) };
  if (current === undefined) return [next];
  const known = new Set(fieldIds(current));
  const added = fieldIds(next).filter((id) => !known.has(id));
  if (added.length === 0) return schemas;
  const required = next.fields.find(
    (field) => isJsonObject(field) && added.includes(Number(field.id)) && field.required === true,
  );
  if (required !== undefined) throw new Error('A column that was added must be nullable: older files lack it');
  return [...schemas, next];
}

/** Of fields at any depth. */
function fieldIds(value: unknown): number[] {
  if (Array.isArray(value)) return value.flatMap(fieldIds);
  if (!isJsonObject(value)) return [];
  const { id, type, fields, element } = value;
  return [...(typeof id === 'number' ? [id] : []), ...fieldIds(type), ...fieldIds(fields), ...fieldIds(element)];
}

export function encodeMetadata(metadata: Metadata): string {
  const { location, moved } = metadata;
  const current = currentSnapshot(metadata);
  return JSON.stringify({
    'format-version': 2,
    'table-uuid': metadata.uuid,
    location,
    'last-sequence-number': current.sequence,
    'last-updated-ms': metadata.updated_at,
    'last-column-id': metadata.last_column_id,
    'current-schema-id': currentSchema(metadata)['schema-id'],
    schemas: metadata.schemas,
    'default-spec-id': SPEC_ID,
    'partition-specs': [{ 'spec-id': SPEC_ID, fields: PARTITION_FIELDS }],
    'last-partition-id': TYPE_FIELD_ID,
    'default-sort-order-id': SORT_ORDER_ID,
    'sort-orders': [{ 'order-id': SORT_ORDER_ID, fields: SORT_FIELDS }],
    // Nobody else may delete files: pending segments are part of the log, and only Inlet knows of them.
    properties: {
      'gc.enabled': 'false',
      'write.parquet.compression-codec': 'zstd',
      [SWEPT_AT]: String(metadata.swept_at),
      ...(moved === null ? {} : { [MOVED_FROM]: moved.from, [MOVED_AT]: String(moved.at) }),
    },
    'current-snapshot-id': current.id,
    refs: { main: { 'snapshot-id': current.id, type: 'branch' } },
    snapshots: metadata.snapshots.map((snapshot) => ({
      'snapshot-id': snapshot.id,
      ...(snapshot.parent_id === null ? {} : { 'parent-snapshot-id': snapshot.parent_id }),
      'sequence-number': snapshot.sequence,
      'timestamp-ms': snapshot.committed_at,
      'manifest-list': uriOf(location, snapshot.manifest_list),
      'schema-id': snapshot.schema_id,
      summary: snapshot.summary,
    })),
    'snapshot-log': metadata.snapshots.map(({ id, committed_at }) => ({
      'snapshot-id': id,
      'timestamp-ms': committed_at,
    })),
    'metadata-log': metadata.log.map(({ version, updated_at }) => ({
      'metadata-file': uriOf(location, metadataKey(version)),
      'timestamp-ms': updated_at,
    })),
  });
}

/** @throws Error naming what is wrong: metadata that cannot be trusted must stop every reader */
export function parseMetadata(content: string, version: number): Metadata {
  const value = object(JSON.parse(content), 'metadata');
  if (value['format-version'] !== 2) throw new Error('The table is not of format version 2');
  return {
    version,
    uuid: text(value, 'table-uuid'),
    location: text(value, 'location'),
    moved: parseMoved(object(value.properties, 'properties')),
    updated_at: whole(value, 'last-updated-ms'),
    last_column_id: whole(value, 'last-column-id'),
    swept_at: Number(object(value.properties, 'properties')[SWEPT_AT]),
    schemas: list(value, 'schemas').map(parseSchema),
    snapshots: list(value, 'snapshots').map(parseSnapshot),
    log: list(value, 'metadata-log').map((item) => {
      const entry = object(item, 'metadata-log');
      const file = text(entry, 'metadata-file');
      return { version: versionIn(file), updated_at: whole(entry, 'timestamp-ms') };
    }),
  };
}

function parseMoved(properties: JsonObject): Metadata['moved'] {
  if (properties[MOVED_FROM] === undefined) return null;
  return { from: text(properties, MOVED_FROM), at: Number(properties[MOVED_AT]) };
}

function versionIn(uri: string): number {
  return Number(/\/v(\d+)\.metadata\.json$/.exec(uri)?.[1] ?? Number.NaN);
}

function parseSchema(value: unknown): SchemaRecord {
  const schema = object(value, 'schemas');
  return { ...schema, 'schema-id': whole(schema, 'schema-id'), fields: list(schema, 'fields') };
}

function parseSnapshot(value: unknown): SnapshotRecord {
  const snapshot = object(value, 'snapshots');
  const summary = Object.entries(object(snapshot.summary, 'summary'));
  return {
    id: whole(snapshot, 'snapshot-id'),
    parent_id: snapshot['parent-snapshot-id'] === undefined ? null : whole(snapshot, 'parent-snapshot-id'),
    sequence: whole(snapshot, 'sequence-number'),
    committed_at: whole(snapshot, 'timestamp-ms'),
    manifest_list: keyOf(text(snapshot, 'manifest-list')),
    schema_id: whole(snapshot, 'schema-id'),
    summary: Object.fromEntries(summary.map(([name, entry]) => [name, String(entry)])),
  };
}

function object(value: unknown, name: string): JsonObject {
  if (isJsonObject(value)) return value;
  throw new Error(`The metadata of the table has something else where "${name}" should be`);
}

function whole(object: JsonObject, name: string): number {
  const value = object[name];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new Error(`The metadata of the table has no whole number "${name}"`);
}

function text(object: JsonObject, name: string): string {
  const value = object[name];
  if (typeof value === 'string') return value;
  throw new Error(`The metadata of the table has no text "${name}"`);
}

function list(object: JsonObject, name: string): unknown[] {
  const value = object[name];
  if (Array.isArray(value)) return value;
  throw new Error(`The metadata of the table has no list "${name}"`);
}
