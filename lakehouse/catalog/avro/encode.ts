/** From values to Avro's binary encoding. */
import {
  type ArraySchema,
  type AvroRecord,
  type AvroSchema,
  type AvroValue,
  type MapSchema,
  mapValueOf,
  type RecordSchema,
} from './schema.ts';

const encoder = new TextEncoder();
const CAPACITY = 4_096;

export class AvroBytes {
  private bytes = new Uint8Array(CAPACITY);
  private length = 0;

  raw(value: Uint8Array): void {
    this.reserve(value.byteLength);
    this.bytes.set(value, this.length);
    this.length += value.byteLength;
  }

  boolean(value: boolean): void {
    this.byte(value ? 1 : 0);
  }

  /** Zigzag and seven bits a byte, low ones first. */
  long(value: number): void {
    if (!Number.isSafeInteger(value)) throw new TypeError(`Not a whole number that Avro can take here: ${value}`);
    let rest = value < 0 ? -2 * value - 1 : 2 * value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  /** With its length in front. */
  sized(value: Uint8Array): void {
    this.long(value.byteLength);
    this.raw(value);
  }

  text(value: string): void {
    this.sized(encoder.encode(value));
  }

  done(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }

  private byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length] = value;
    this.length += 1;
  }

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.byteLength) return;
    const larger = new Uint8Array(Math.max(2 * this.bytes.byteLength, this.length + count));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

/** @throws TypeError when the value is not of the schema */
export function encodeValue(output: AvroBytes, schema: AvroSchema, value: AvroValue): void {
  if (typeof schema === 'string') encodePrimitive(output, schema, value);
  else if (!('type' in schema)) encodeOptional(output, schema[1], value);
  else if (schema.type === 'int') encodePrimitive(output, 'int', value);
  else if (schema.type === 'array') encodeArray(output, schema, value);
  else encodeRecord(output, schema, value);
}

function encodeOptional(output: AvroBytes, schema: AvroSchema, value: AvroValue): void {
  output.long(value === null ? 0 : 1);
  if (value !== null) encodeValue(output, schema, value);
}

function encodeArray(output: AvroBytes, schema: ArraySchema | MapSchema, value: AvroValue): void {
  const mapValue = mapValueOf(schema);
  if (mapValue !== null && value instanceof Map) {
    if (value.size > 0) output.long(value.size);
    for (const [key, entry] of value) {
      output.long(key);
      encodeValue(output, mapValue, entry);
    }
  } else if (mapValue === null && Array.isArray(value)) {
    if (value.length > 0) output.long(value.length);
    for (const item of value) encodeValue(output, schema.items, item);
  } else {
    throw unfit('array', value);
  }
  output.long(0);
}

function encodeRecord(output: AvroBytes, { name, fields }: RecordSchema, value: AvroValue): void {
  if (!isRecord(value)) throw unfit(name, value);
  for (const field of fields) encodeValue(output, field.type, value[field.name] ?? null);
}

function encodePrimitive(output: AvroBytes, type: string, value: AvroValue): void {
  if (type === 'boolean' && typeof value === 'boolean') output.boolean(value);
  else if ((type === 'int' || type === 'long') && typeof value === 'number') output.long(value);
  else if (type === 'string' && typeof value === 'string') output.text(value);
  else if (type === 'bytes' && value instanceof Uint8Array) output.sized(value);
  else throw unfit(type, value);
}

export function isRecord(value: AvroValue): value is AvroRecord {
  if (typeof value !== 'object' || value === null) return false;
  return !(Array.isArray(value) || value instanceof Uint8Array || value instanceof Map);
}

function unfit(type: string, value: AvroValue): TypeError {
  return new TypeError(`Avro ${type} cannot be ${JSON.stringify(value)}`);
}
