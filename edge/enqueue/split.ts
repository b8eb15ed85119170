/** What one request brought, as parts. The body goes on as it came wherever it can: writing it anew costs twice as much. */
import { createHash } from 'node:crypto';
import type { EventCode, RequestCode, WarningCode } from '../../schemas/errors.ts';
import type { EventType, JsonObject } from '../../schemas/event.ts';
import { FAILED_BYTES_CUT, FAILED_BYTES_WHOLE, type PartHeader } from '../../schemas/pack.ts';
import { byteLength, writeJson } from '../check/size.ts';
import { PART_BODY_BYTES_MAX } from './fill.ts';
import type { Part } from './pack.ts';

/** What all parts of a request say. */
export type RequestStamps = Omit<PartHeader, 'bytes' | 'form' | 'count' | 'type' | 'verdicts' | 'original'>;

export interface CheckedRequest {
  readonly stamps: RequestStamps;
  readonly form: 'single' | 'batch';
  /** The call type that the path names, of a single event. */
  readonly type: EventType | null;
  /** The body, decompressed. */
  readonly bytes: Uint8Array;
  readonly json: JsonObject;
  readonly events: readonly unknown[];
  /** Every event that is not ok, in order. */
  readonly verdicts: readonly [index: number, code: EventCode | WarningCode][];
  /** Bytes of the JSON that the envelope lends to every event. */
  readonly shared_bytes: number;
}

/** Most bytes that one entry of `verdicts` takes in a header. */
const VERDICT_BYTES_MAX = 40;

const encoder = new TextEncoder();

/**
 * Keeps the order of the events; no body is larger than PART_BODY_BYTES_MAX.
 *
 * @param unstored rejected events that are counted only
 */
export function toParts(request: CheckedRequest, unstored: ReadonlySet<number>): Part[] {
  const isTooLarge = request.verdicts.some(([, code]) => code === 'event_too_large');
  if (unstored.size === 0 && !isTooLarge && fitsPart(request)) return [wholePart(request, request.bytes)];
  if (request.form === 'batch') return splitBatch(request, unstored);
  if (unstored.size > 0) return [];
  if (isTooLarge) return [rawPart(request.stamps, request.bytes, 'event_too_large')];
  return [wholePart(request, encoder.encode(JSON.stringify(request.json)))];
}

/** Whether its body may be one part: a reader has to hold it with its envelope in every event. */
export function fitsPart({ bytes, events, verdicts, shared_bytes }: CheckedRequest): boolean {
  return bytes.length + shared_bytes * events.length + VERDICT_BYTES_MAX * verdicts.length <= PART_BODY_BYTES_MAX;
}

function wholePart({ stamps, form, type, events, verdicts }: CheckedRequest, body: Uint8Array): Part {
  return {
    header: {
      bytes: body.length,
      form,
      count: events.length,
      ...(type !== null && { type }),
      ...stamps,
      ...(verdicts.length > 0 && { verdicts: [...verdicts] }),
    },
    body,
  };
}

/** A failed event of which only the bytes are known, whole up to FAILED_BYTES_WHOLE. */
export function rawPart(stamps: RequestStamps, bytes: Uint8Array, code: EventCode | RequestCode): Part {
  if (bytes.length <= FAILED_BYTES_WHOLE) return startPart(stamps, bytes, { bytes: bytes.length }, code);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return startPart(stamps, bytes.subarray(0, FAILED_BYTES_CUT), { bytes: bytes.length, sha256 }, code);
}

/** A failed event of which only the start was read. */
export function startPart(
  stamps: RequestStamps,
  body: Uint8Array,
  original: { bytes: number; sha256?: string },
  code: EventCode | RequestCode,
): Part {
  return {
    header: { bytes: body.length, form: 'raw', count: 1, ...stamps, verdicts: [[0, code]], original },
    body,
  };
}

function splitBatch(request: CheckedRequest, unstored: ReadonlySet<number>): Part[] {
  const verdicts = new Map(request.verdicts);
  const parts: Part[] = [];
  let slice = new Slice(request);
  const flush = (): void => {
    if (slice.texts.length > 0) parts.push(slice.toPart());
    slice = new Slice(request);
  };
  request.events.forEach((event, index) => {
    if (unstored.has(index)) return;
    const code = verdicts.get(index) ?? null;
    if (code === 'event_too_large') {
      flush();
      const text = writeJson(event);
      // What is nested too deeply to be written is told by the start of the body.
      parts.push(rawPart(request.stamps, text === null ? request.bytes : encoder.encode(text), code));
      return;
    }
    const text = JSON.stringify(event);
    const bytes = byteLength(text) + 1 + request.shared_bytes + (code === null ? 0 : VERDICT_BYTES_MAX);
    if (slice.bytes + bytes > PART_BODY_BYTES_MAX) flush();
    slice.add(text, bytes, code);
  });
  flush();
  return parts;
}

/** Neighbouring events of a batch under its envelope. */
class Slice {
  readonly texts: string[] = [];
  readonly #verdicts: [number, EventCode | WarningCode][] = [];
  readonly #request: CheckedRequest;
  bytes = 0;

  constructor(request: CheckedRequest) {
    this.#request = request;
  }

  add(text: string, bytes: number, code: EventCode | WarningCode | null): void {
    if (code !== null) this.#verdicts.push([this.texts.length, code]);
    this.texts.push(text);
    this.bytes += bytes;
  }

  toPart(): Part {
    const { context, integrations } = this.#request.json;
    const shared = JSON.stringify({ sentAt: this.#request.stamps.sentAt, context, integrations }).slice(1, -1);
    const body = encoder.encode(`{"batch":[${this.texts.join(',')}]${shared === '' ? '' : `,${shared}`}}`);
    return {
      header: {
        bytes: body.length,
        form: 'batch',
        count: this.texts.length,
        ...this.#request.stamps,
        ...(this.#verdicts.length > 0 && { verdicts: this.#verdicts }),
      },
      body,
    };
  }
}
