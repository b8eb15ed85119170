/** From Avro's binary encoding back to values. */
import { type ArraySchema, type AvroSchema, type AvroValue, type MapSchema, mapValueOf } from './schema.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class AvroInput {
  private readonly bytes: Uint8Array;
  private offset = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.offset === this.bytes.byteLength;
  }

  raw(length: number): Uint8Array {
    const end = this.offset + length;
    if (!(length >= 0 && end <= this.bytes.byteLength)) throw new Error('The Avro file ends too early');
    const part = this.bytes.subarray(this.offset, end);
    this.offset = end;
    return part;
  }

  long(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) break;
    }
    const long = value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    if (!Number.isSafeInteger(long)) throw new Error('The Avro file holds a number beyond 2^53');
    return long;
  }

  sized(): Uint8Array {
    return this.raw(this.long());
  }

  text(): string {
    return decoder.decode(this.sized());
  }

  byte(): number {
    const byte = this.bytes[this.offset];
    if (byte === undefined) throw new Error('The Avro file ends too early');
    this.offset += 1;
    return byte;
  }
}

/** @param schema what the file was written with */
export function decodeValue(input: AvroInput, schema: AvroSchema): AvroValue {
  if (schema === 'boolean') return input.byte() !== 0;
  if (schema === 'int' || schema === 'long') return input.long();
  if (schema === 'string') return input.text();
  if (schema === 'bytes') return input.sized().slice();
  if (!('type' in schema)) return input.long() === 0 ? null : decodeValue(input, schema[1]);
  if (schema.type === 'int') return input.long();
  if (schema.type === 'array') return decodeArray(input, schema);
  return Object.fromEntries(schema.fields.map(({ name, type }) => [name, decodeValue(input, type)]));
}

/** Arrays come in blocks; one with a negative count says its bytes as well. */
function decodeArray(input: AvroInput, schema: ArraySchema | MapSchema): AvroValue {
  const [mapValue, values, map] = [mapValueOf(schema), [] as AvroValue[], new Map<number, AvroValue>()];
  for (let count = input.long(); count !== 0; count = input.long()) {
    if (count < 0) input.long();
    for (let left = Math.abs(count); left > 0; left -= 1) {
      if (mapValue === null) values.push(decodeValue(input, schema.items));
      else map.set(input.long(), decodeValue(input, mapValue));
    }
  }
  return mapValue === null ? values : map;
}
