/**
 * The requests of a load run: whole HTTP requests as bytes, made once. What differs each time is written in place before
 * one is sent: the message ids, and the time of its events, which an SDK sends as they happen.
 */
import { wireEvent } from '../../cli/demo/calls.ts';
import { DAY_MS, dayOf } from '../../cli/demo/day.ts';
import { shopDay } from '../../cli/demo/shop.ts';
import { PLACEHOLDER, type Run, writeMessageId } from './message-id.ts';

export interface Request {
  /** Head and body. */
  readonly bytes: Buffer;
  /** Where the message ids stand. */
  readonly ids: readonly number[];
  /** Where the timestamps stand. */
  readonly times: readonly number[];
  readonly bodyBytes: number;
}

export interface RequestOptions {
  readonly url: URL;
  /** The write key. */
  readonly key: string;
  /** Events a request. One goes to the path of its type, more go to /v1/batch. */
  readonly events: number;
}

/** So many that a server cannot profit from having just seen the same body. */
const DISTINCT_EVENTS = 10_000;
const SEED = 1;
/** Followed by a time of a fixed length. */
const TIMESTAMP_KEY = '"timestamp":"';

export function makeRequests({ url, key, events }: RequestOptions): Request[] {
  const now = Date.now();
  const count = Math.max(1, Math.floor(DISTINCT_EVENTS / events));
  const calls = shopDay({ seed: SEED, events: count * events, users: DISTINCT_EVENTS, day: dayOf(now - DAY_MS) });
  const sentAt = new Date(now).toISOString();
  const requests: Request[] = [];
  let batch: object[] = [];
  for (const call of calls) {
    const event = { ...wireEvent(call), messageId: PLACEHOLDER };
    if (events === 1) {
      requests.push(request(url, key, `/v1/${call.type}`, { ...event, sentAt }));
      continue;
    }
    batch.push(event);
    if (batch.length < events) continue;
    requests.push(request(url, key, '/v1/batch', { batch, sentAt }));
    batch = [];
  }
  return requests;
}

function request(url: URL, key: string, path: string, content: object): Request {
  const body = Buffer.from(JSON.stringify(content));
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: ${url.host}`,
    `Authorization: Basic ${Buffer.from(`${key}:`).toString('base64')}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    '\r\n',
  ].join('\r\n');
  const bytes = Buffer.concat([Buffer.from(head), body]);
  const times = placesOf(bytes, TIMESTAMP_KEY).map((place) => place + TIMESTAMP_KEY.length);
  return { bytes, ids: placesOf(bytes, PLACEHOLDER), times, bodyBytes: body.length };
}

/** @param first the number of the first event. @returns that of the first event of the next request */
export function renew({ bytes, ids, times }: Request, run: Run, first: number): number {
  for (const [index, place] of ids.entries()) writeMessageId(bytes, place, run, first + index);
  const now = Buffer.from(new Date().toISOString());
  for (const place of times) bytes.set(now, place);
  return first + ids.length;
}

function placesOf(bytes: Buffer, text: string): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + text.length)) places.push(at);
  return places;
}
