import { createHash } from 'node:crypto';
import { AwsClient } from 'aws4fetch';
import type { S3Config } from '../../schemas/config.ts';
import type { Clock } from '../ports.ts';
import { childText, parseXml } from './xml.ts';

const RETRIES = 3;
const RETRY_DELAY_MS = 250;
/** Long enough for the largest object over a slow line. */
const TIMEOUT_MS = 120_000;

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST';
  /** Absent: the bucket itself. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
}

export interface S3Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** An earlier try failed in a way that does not tell whether the store carried it out. */
  readonly repeated: boolean;
}

/**
 * Sends signed requests, in path style. A network error, 409, 429 or 5xx is tried again 3 times with growing delay, so
 * every request must be one that may run twice.
 *
 * @returns the answer, which may be any 4xx.
 * @throws when the last try fails too.
 */
export function s3Client(config: S3Config, clock: Clock): (request: S3Request) => Promise<S3Answer> {
  const aws = new AwsClient({
    accessKeyId: config.access_key_id,
    secretAccessKey: config.secret_access_key,
    region: config.region,
    service: 's3',
    retries: 0,
  });
  const bucket = `${config.endpoint.replace(/\/+$/, '')}/${encodeURIComponent(config.bucket)}`;

  const send = async (request: S3Request): Promise<Omit<S3Answer, 'repeated'>> => {
    const response = await aws.fetch(urlOf(bucket, request), {
      method: request.method,
      headers: { ...request.headers, ...hashHeader(request.body) },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    return { status: response.status, headers: response.headers, bytes: new Uint8Array(await response.arrayBuffer()) };
  };

  return async (request) => {
    let repeated = false;
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await send(request);
        if (!isTransient(answer.status)) return { ...answer, repeated };
        if (attempt === RETRIES) throw s3Error(request, answer);
        repeated ||= answer.status >= 500;
      } catch (error) {
        if (attempt === RETRIES) throw error;
        repeated = true;
      }
      await clock.sleep(RETRY_DELAY_MS * 2 ** attempt);
    }
  };
}

/** What the store said, in one line. */
export function s3Error(request: S3Request, answer: { status: number; bytes: Uint8Array }): Error {
  const { code, message } = s3Problem(answer);
  return new Error(`S3 ${request.method} ${request.key ?? ''}: ${answer.status} ${code} ${message}`.trim());
}

/** Code and message of an error answer; empty where it has none, as with HEAD. */
export function s3Problem(answer: { bytes: Uint8Array }): { code: string; message: string } {
  try {
    const error = parseXml(new TextDecoder().decode(answer.bytes));
    return { code: childText(error, 'Code') ?? '', message: childText(error, 'Message') ?? '' };
  } catch {
    return { code: '', message: '' };
  }
}

/** 409 is an AWS answer to a conditional put that met another one: nothing was written. */
function isTransient(status: number): boolean {
  return status === 409 || status === 429 || status >= 500;
}

function urlOf(bucket: string, { key, query = {} }: S3Request): string {
  const path = key === undefined ? '' : `/${key.split('/').map(encode).join('/')}`;
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encode(value)}`);
  return `${bucket}${path}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`;
}

/** As the signature has it: encodeURIComponent leaves some characters that the signed path encodes. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Signed with the hash of the body, so that a body damaged on the way is refused. */
function hashHeader(body: Uint8Array | undefined): Record<string, string> {
  if (body === undefined) return {};
  return { 'x-amz-content-sha256': createHash('sha256').update(body).digest('hex') };
}
