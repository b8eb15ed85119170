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
export function map<Value>(
  record: AvroRecord,
  name: string,
  read: (entry: AvroRecord, name: string) => Value,
): Map<number, Value> {
  return new Map(list(record, name).map((entry) => [number(entry, 'key'), read(entry, 'value')]));
}
