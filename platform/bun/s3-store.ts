import { createHash } from 'node:crypto';
import type { S3Config } from '../../schemas/config.ts';
import type { ByteRange, Clock, ListPage, ObjectStore, PutCondition, StoredObject } from '../ports.ts';
import { checkKey } from './object-key.ts';
import { type S3Answer, type S3Request, s3Client, s3Error, s3Problem } from './s3-client.ts';
import { systemClock } from './system.ts';
import { childText, escapeXml, parseXml, type XmlElement } from './xml.ts';

const KEYS_MAX = 1_000;

/**
 * A bucket behind the S3 API: AWS, R2, MinIO and others that honour If-None-Match and If-Match on a put. Every put is a
 * single one, as the completion of a multipart upload takes no condition everywhere.
 *
 * A conditional put whose answer was lost is compared with what is stored: equal bytes count as its own.
 *
 * @throws RangeError on a key that is none (`isKey`), Error with status and code when the store refuses or stays away.
 */
export function s3Store(config: S3Config, clock: Clock = systemClock): ObjectStore {
  const send = s3Client(config, clock);

  async function get(key: string, range?: ByteRange): Promise<{ object: StoredObject; answer: S3Answer } | null> {
    checkKey(key);
    const request: S3Request = { method: 'GET', key, ...(range === undefined ? {} : { headers: rangeHeader(range) }) };
    const answer = await send(request);
    if (answer.status === 404 && s3Problem(answer).code === 'NoSuchKey') return null;
    if (answer.status !== (range === undefined ? 200 : 206)) throw s3Error(request, answer);
    return { object: describe(key, answer, wholeSize(answer), lastModified(answer)), answer };
  }

  async function put(
    key: string,
    body: Uint8Array<ArrayBuffer>,
    condition: PutCondition,
  ): Promise<StoredObject | null> {
    checkKey(key);
    const request: S3Request = { method: 'PUT', key, body, headers: conditionHeaders(condition) };
    const answer = await send(request);
    if (answer.status === 200) return describe(key, answer, body.byteLength, new Date(clock.now()));
    // AWS answers 404 to If-Match on an absent key.
    const isAbsent = condition.etagMatches !== undefined && s3Problem(answer).code === 'NoSuchKey';
    if (answer.status !== 412 && !isAbsent) throw s3Error(request, answer);
    if (!answer.repeated) return null;
    const stored = await get(key);
    return stored !== null && Buffer.compare(stored.answer.bytes, body) === 0 ? stored.object : null;
  }

  return {
    async head(key) {
      checkKey(key);
      const request: S3Request = { method: 'HEAD', key };
      const answer = await send(request);
      if (answer.status === 404) return null;
      if (answer.status !== 200) throw s3Error(request, answer);
      return describe(key, answer, Number(answer.headers.get('content-length')), lastModified(answer));
    },
    async get(key, options = {}) {
      const found = await get(key, options.range);
      if (found === null) return null;
      const { bytes } = found.answer;
      return {
        ...found.object,
        arrayBuffer: async () => bytes.buffer,
        text: async () => new TextDecoder().decode(bytes),
      };
    },
    put: (key, value, options = {}) =>
      put(
        key,
        typeof value === 'string' ? new TextEncoder().encode(value) : Uint8Array.from(value),
        options.onlyIf ?? {},
      ),
    async delete(keys) {
      const list = typeof keys === 'string' ? [keys] : keys;
      if (list.length > KEYS_MAX) throw new RangeError(`delete takes at most ${KEYS_MAX} keys, not ${list.length}`);
      for (const key of list) checkKey(key);
      if (list.length === 0) return;
      const request = deleteRequest(list);
      const answer = await send(request);
      if (answer.status !== 200) throw s3Error(request, answer);
      const refused = parseXml(new TextDecoder().decode(answer.bytes)).children.find(({ name }) => name === 'Error');
      if (refused !== undefined) {
        throw new Error(`S3 delete ${childText(refused, 'Key')}: ${childText(refused, 'Code')}`);
      }
    },
    async list(options = {}) {
      const { prefix = '', delimiter, cursor, startAfter, limit = KEYS_MAX } = options;
      if (!(limit >= 1 && limit <= KEYS_MAX))
        throw new RangeError(`a page holds 1 to ${KEYS_MAX} objects, not ${limit}`);
      const request: S3Request = {
        method: 'GET',
        query: {
          'list-type': '2',
          'encoding-type': 'url',
          'max-keys': String(limit),
          prefix,
          ...(delimiter === undefined ? {} : { delimiter }),
          ...(startAfter === undefined || cursor !== undefined ? {} : { 'start-after': startAfter }),
          ...(cursor === undefined ? {} : { 'continuation-token': cursor }),
        },
      };
      const answer = await send(request);
      if (answer.status !== 200) throw s3Error(request, answer);
      return parsePage(parseXml(new TextDecoder().decode(answer.bytes)));
    },
  };
}

function conditionHeaders({ etagDoesNotMatch, etagMatches }: PutCondition): Record<string, string> {
  return {
    ...(etagDoesNotMatch === undefined ? {} : { 'if-none-match': etagDoesNotMatch }),
    ...(etagMatches === undefined ? {} : { 'if-match': `"${etagMatches}"` }),
  };
}

function rangeHeader({ offset, length }: ByteRange): Record<string, string> {
  if (!(offset >= 0 && length >= 1)) throw new RangeError(`no such range: ${length} bytes from ${offset}`);
  return { range: `bytes=${offset}-${offset + length - 1}` };
}

function wholeSize({ headers, bytes }: S3Answer): number {
  const range = headers.get('content-range');
  return range === null ? bytes.byteLength : Number(range.slice(range.lastIndexOf('/') + 1));
}

function lastModified({ headers }: S3Answer): Date {
  return new Date(headers.get('last-modified') ?? Number.NaN);
}

function describe(key: string, { headers }: S3Answer, size: number, uploaded: Date): StoredObject {
  const etag = headers.get('etag');
  if (etag === null || !Number.isSafeInteger(size) || Number.isNaN(uploaded.getTime())) {
    throw new Error(`S3 answered without etag, size or time for ${key}`);
  }
  return { key, size, etag: unquote(etag), uploaded };
}

function unquote(etag: string): string {
  return etag.replace(/^"|"$/g, '');
}

function deleteRequest(keys: string[]): S3Request {
  const objects = keys.map((key) => `<Object><Key>${escapeXml(key)}</Key></Object>`).join('');
  const body = new TextEncoder().encode(`<Delete><Quiet>true</Quiet>${objects}</Delete>`);
  const digest = createHash('md5').update(body).digest('base64');
  return { method: 'POST', query: { delete: '' }, body, headers: { 'content-md5': digest } };
}

function parsePage(page: XmlElement): ListPage {
  const named = (name: string): XmlElement[] => page.children.filter((child) => child.name === name);
  const objects = named('Contents').map((content) => ({
    key: decodeKey(required(content, 'Key')),
    size: Number(required(content, 'Size')),
    etag: unquote(required(content, 'ETag')),
    uploaded: new Date(required(content, 'LastModified')),
  }));
  const delimitedPrefixes = named('CommonPrefixes').map((group) => decodeKey(required(group, 'Prefix')));
  if (required(page, 'IsTruncated') !== 'true') return { objects, delimitedPrefixes, truncated: false };
  return { objects, delimitedPrefixes, truncated: true, cursor: required(page, 'NextContinuationToken') };
}

function required(element: XmlElement, name: string): string {
  const text = childText(element, name);
  if (text === null) throw new SyntaxError(`S3 answered a ${element.name} without ${name}`);
  return text;
}

/** In a list a space comes as '+', a plus sign as '%2B'. */
function decodeKey(encoded: string): string {
  return decodeURIComponent(encoded.replaceAll('+', ' '));
}
