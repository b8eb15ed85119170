/** The part of Avro's schema language that Iceberg's manifests are written in. */
import { isJsonObject } from '../../../schemas/event.ts';

const PRIMITIVES = ['boolean', 'int', 'long', 'string', 'bytes'] as const;
type Primitive = (typeof PRIMITIVES)[number];

/** `null | X`. No other union occurs. */
export type OptionalSchema = readonly ['null', AvroSchema];

export interface ArraySchema {
  readonly type: 'array';
  readonly items: AvroSchema;
  readonly 'element-id'?: number;
}

/** Iceberg's maps with numbers for keys: arrays of records `key`, `value`. Avro's own have texts. */
export interface MapSchema {
  readonly type: 'array';
  readonly logicalType: 'map';
  readonly items: RecordSchema;
}

export interface AvroField {
  readonly name: string;
  readonly type: AvroSchema;
  readonly 'field-id'?: number;
  /** Always null: an optional field that a writer may leave out. */
  readonly default?: null;
}

export interface RecordSchema {
  readonly type: 'record';
  readonly name: string;
  readonly fields: readonly AvroField[];
}

export interface DateSchema {
  readonly type: 'int';
  readonly logicalType: 'date';
}

export type AvroSchema = Primitive | DateSchema | OptionalSchema | ArraySchema | MapSchema | RecordSchema;

/** A record by the names of its fields. */
export interface AvroRecord {
  readonly [name: string]: AvroValue;
}

export type AvroMap = ReadonlyMap<number, AvroValue>;

/** `int` and `long` are safe whole numbers. */
export type AvroValue = null | boolean | number | string | Uint8Array | readonly AvroValue[] | AvroMap | AvroRecord;

/** The schema of a map's values; null for a plain array. */
export function mapValueOf(schema: ArraySchema | MapSchema): AvroSchema | null {
  return 'logicalType' in schema ? (schema.items.fields[1]?.type ?? null) : null;
}

/** @throws Error on anything outside of this part of Avro */
export function parseAvroSchema(value: unknown): AvroSchema {
  const primitive = PRIMITIVES.find((known) => known === value);
  if (primitive !== undefined) return primitive;
  if (Array.isArray(value) && value.length === 2 && value[0] === 'null') return ['null', parseAvroSchema(value[1])];
  if (!isJsonObject(value)) throw new Error(`Avro type not known: ${JSON.stringify(value)}`);
  if (value.type === 'array') {
    const items = parseAvroSchema(value.items);
    const isMap = value.logicalType === 'map' && typeof items === 'object' && 'fields' in items;
    return isMap ? { type: 'array', logicalType: 'map', items } : { type: 'array', items };
  }
  if (value.type === 'record' && Array.isArray(value.fields)) {
    return { type: 'record', name: String(value.name), fields: value.fields.map(parseField) };
  }
  // A logical type says how to take the value, not how it is stored.
  return parseAvroSchema(value.type);
}

function parseField(value: unknown): AvroField {
  if (!isJsonObject(value) || typeof value.name !== 'string') throw new Error('An Avro field has no name');
  return { name: value.name, type: parseAvroSchema(value.type) };
}
