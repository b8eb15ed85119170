/** Avro object container files, in one block, compressed with deflate. */
import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { AvroInput, decodeValue } from './decode.ts';
import { AvroBytes, encodeValue } from './encode.ts';
import { type AvroRecord, type AvroValue, parseAvroSchema, type RecordSchema } from './schema.ts';

const MAGIC = Uint8Array.of(0x4f, 0x62, 0x6a, 1);
const SYNC_BYTES = 16;
/** Far above the largest manifest, and the most that workerd takes; what inflates beyond it is broken. */
const BLOCK_BYTES_MAX = 134_217_728;

/** @param properties of the file, beside the schema and the codec */
export function encodeAvroFile(
  schema: RecordSchema,
  properties: Readonly<Record<string, string>>,
  records: readonly AvroRecord[],
): Uint8Array<ArrayBuffer> {
  const body = new AvroBytes();
  for (const record of records) encodeValue(body, schema, record);
  const block = deflateRawSync(body.done());
  const header = { ...properties, 'avro.schema': JSON.stringify(schema), 'avro.codec': 'deflate' };
  // The marker tells blocks apart; made from the content, the same records give the same file.
  const sync = createHash('sha256').update(JSON.stringify(header)).update(block).digest().subarray(0, SYNC_BYTES);
  const file = new AvroBytes();
  file.raw(MAGIC);
  file.long(Object.keys(header).length);
  for (const [name, value] of Object.entries(header)) {
    file.text(name);
    file.text(value);
  }
  file.long(0);
  file.raw(sync);
  if (records.length > 0) {
    file.long(records.length);
    file.sized(block);
    file.raw(sync);
  }
  return file.done();
}

/** @throws Error when it is not a whole Avro file with codec `deflate` or `null` */
export function decodeAvroFile(bytes: Uint8Array): AvroValue[] {
  const input = new AvroInput(bytes);
  if (!isEqual(input.raw(MAGIC.byteLength), MAGIC)) throw new Error('Not an Avro file');
  const header = decodeHeader(input);
  const codec = header.get('avro.codec') ?? 'null';
  if (codec !== 'deflate' && codec !== 'null') throw new Error(`Avro codec not known: ${codec}`);
  const schema = parseAvroSchema(JSON.parse(header.get('avro.schema') ?? 'null'));
  const sync = input.raw(SYNC_BYTES);
  const records: AvroValue[] = [];
  while (!input.isAtEnd) {
    const count = input.long();
    const block = input.sized();
    const content = new AvroInput(codec === 'deflate' ? inflate(block) : block);
    for (let left = count; left > 0; left -= 1) records.push(decodeValue(content, schema));
    if (!content.isAtEnd || !isEqual(input.raw(SYNC_BYTES), sync)) throw new Error('The Avro file is broken');
  }
  return records;
}

function decodeHeader(input: AvroInput): Map<string, string> {
  const header = new Map<string, string>();
  for (let count = input.long(); count !== 0; count = input.long()) {
    if (count < 0) input.long();
    for (let left = Math.abs(count); left > 0; left -= 1) header.set(input.text(), input.text());
  }
  return header;
}

function inflate(block: Uint8Array): Uint8Array {
  return new Uint8Array(inflateRawSync(block, { maxOutputLength: BLOCK_BYTES_MAX }));
}

function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.every((byte, index) => byte === right[index]);
}
