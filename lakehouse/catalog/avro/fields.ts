/** Takes the fields of a decoded record for what they should be. Each throws when the field is something else. */
import { isRecord } from './encode.ts';
import type { AvroRecord, AvroValue } from './schema.ts';

export function recordOf(value: AvroValue | undefined): AvroRecord {
  if (value !== undefined && isRecord(value)) return value;
  throw new Error('The manifest holds something else where a record should be');
}

export function number(record: AvroRecord, name: string): number {
  const value = record[name];
  if (typeof value === 'number') return value;
  throw new Error(`The manifest has no number "${name}"`);
}

export function text(record: AvroRecord, name: string): string {
  const value = record[name];
  if (typeof value === 'string') return value;
  throw new Error(`The manifest has no text "${name}"`);
}

export function bytes(record: AvroRecord, name: string): Uint8Array {
  const value = record[name];
  if (value instanceof Uint8Array) return value;
  throw new Error(`The manifest has no bytes "${name}"`);
}

export function list(record: AvroRecord, name: string): AvroRecord[] {
  const value = record[name] ?? [];
  if (!Array.isArray(value)) throw new Error(`The manifest has no list "${name}"`);
  return value.map((item: AvroValue) => recordOf(item));
}

/** A map by field id; one that was left out is empty. */
export function numbers(record: AvroRecord, name: string): Map<number, number> {
  return mapOf(record, name, (value) => typeof value === 'number');
}

export function bytesById(record: AvroRecord, name: string): Map<number, Uint8Array> {
  return mapOf(record, name, (value) => value instanceof Uint8Array);
}

function mapOf<Value extends AvroValue>(
  record: AvroRecord,
  name: string,
  isValue: (value: AvroValue) => value is Value,
): Map<number, Value> {
  const value = record[name] ?? new Map<number, AvroValue>();
  const map = new Map<number, Value>();
  if (!(value instanceof Map)) throw new Error(`The manifest has no map "${name}"`);
  for (const [key, entry] of value) {
    if (!isValue(entry)) throw new Error(`The manifest has something else in "${name}"`);
    map.set(key, entry);
  }
  return map;
}
