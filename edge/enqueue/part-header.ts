/** Reads the header lines of a pack, strictly: what is not as written by `encodePack` is an error. */
import { ERRORS, type EventCode, isErrorCode, type RequestCode, type WarningCode } from '../../schemas/errors.ts';
import { isEventType, isJsonObject, type JsonObject } from '../../schemas/event.ts';
import { PACK_FORMAT, type PackHeader, type PartHeader } from '../../schemas/pack.ts';

type VerdictCode = EventCode | WarningCode | RequestCode;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/;
const SHA256 = /^[0-9a-f]{64}$/;

/** @throws Error */
export function parsePackHeader(line: string): PackHeader {
  const fields = parseLine(line);
  if (fields.format !== PACK_FORMAT) throw broken(`format is ${JSON.stringify(fields.format)}, not ${PACK_FORMAT}`);
  if (typeof fields.id !== 'string' || !UUID.test(fields.id)) throw broken('id is not the id of a pack');
  return {
    format: PACK_FORMAT,
    id: fields.id,
    accepted: count(fields, 'accepted'),
    rejected: count(fields, 'rejected'),
  };
}

/** @throws Error */
export function parsePartHeader(line: string): PartHeader {
  const fields = parseLine(line);
  const header: PartHeader = {
    bytes: count(fields, 'bytes'),
    form: form(fields.form),
    count: count(fields, 'count'),
    source: text(fields, 'source'),
    receivedAt: count(fields, 'receivedAt'),
  };
  if (header.form !== 'batch' && header.count !== 1) throw broken(`count of a ${header.form} part is not 1`);
  if (fields.type !== undefined) {
    if (!isEventType(fields.type) || header.form !== 'single') throw broken('type is not one of a single event');
    header.type = fields.type;
  }
  if (fields.sentAt !== undefined) header.sentAt = text(fields, 'sentAt');
  if (fields.oldest !== undefined) header.oldest = whole(fields, 'oldest');
  if (fields.skewMs !== undefined) header.skewMs = count(fields, 'skewMs');
  if (fields.secret !== undefined) header.secret = isTrue(fields.secret);
  if (fields.ip !== undefined) header.ip = text(fields, 'ip');
  if (fields.userAgent !== undefined) header.userAgent = text(fields, 'userAgent');
  if (fields.country !== undefined) header.country = text(fields, 'country');
  if (fields.region !== undefined) header.region = text(fields, 'region');
  if (fields.city !== undefined) header.city = text(fields, 'city');
  if (fields.verdicts !== undefined) header.verdicts = verdicts(fields.verdicts, header.count);
  if (header.form === 'raw') header.original = original(fields.original);
  return header;
}

/** How many events of the part were refused; the others were accepted. */
export function rejectedIn(header: PartHeader): number {
  return header.verdicts?.filter(([, code]) => ERRORS[code].scope !== 'warning').length ?? 0;
}

export function broken(detail: string): Error {
  return new Error(`The pack is broken: ${detail}.`);
}

function parseLine(line: string): JsonObject {
  const fields: unknown = JSON.parse(line);
  if (!isJsonObject(fields)) throw broken('a header is not a JSON object');
  return fields;
}

function whole(fields: JsonObject, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw broken(`${name} is not a whole number`);
  return value;
}

function count(fields: JsonObject, name: string): number {
  const value = whole(fields, name);
  if (value < 0) throw broken(`${name} is below zero`);
  return value;
}

function text(fields: JsonObject, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw broken(`${name} is not a text`);
  return value;
}

function isTrue(value: unknown): true {
  if (value === true) return value;
  throw broken('secret is not true');
}

function form(value: unknown): PartHeader['form'] {
  if (value === 'single' || value === 'batch' || value === 'raw') return value;
  throw broken('form is not single, batch or raw');
}

function verdicts(value: unknown, events: number): [number, VerdictCode][] {
  if (!Array.isArray(value)) throw broken('verdicts is not a list');
  let last = -1;
  return value.map((entry: unknown) => {
    if (!Array.isArray(entry) || entry.length !== 2) throw broken('a verdict is not a pair');
    const [index, code]: unknown[] = entry;
    if (typeof index !== 'number' || !Number.isInteger(index) || index <= last || index >= events) {
      throw broken('verdicts are not in the order of the events');
    }
    last = index;
    if (typeof code !== 'string' || !isErrorCode(code) || !isVerdictCode(code)) throw broken('a verdict is not known');
    return [index, code];
  });
}

function isVerdictCode(code: keyof typeof ERRORS): code is VerdictCode {
  return ERRORS[code].scope !== 'query';
}

function original(value: unknown): { bytes: number; sha256?: string } {
  if (!isJsonObject(value)) throw broken('a raw part does not say what it was');
  const bytes = count(value, 'bytes');
  if (value.sha256 === undefined) return { bytes };
  if (typeof value.sha256 !== 'string' || !SHA256.test(value.sha256)) throw broken('sha256 is not one');
  return { bytes, sha256: value.sha256 };
}
