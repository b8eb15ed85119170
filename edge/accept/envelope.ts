/** Bytes to events: what a body holds, by the call that brought it. */
import type { RequestCode } from '../../schemas/errors.ts';
import { type EventType, isEventType, isJsonObject, type JsonObject } from '../../schemas/event.ts';
import type { ReadBody, UnreadBody } from './body.ts';
import type { Call } from './paths.ts';

export interface Envelope extends ReadBody {
  readonly form: 'single' | 'batch';
  /** The call type that the path names, of a single event. */
  readonly type: EventType | null;
  readonly json: JsonObject;
  readonly events: readonly unknown[];
  /** The time of sending, as sent; null where there is none that could be a date. */
  readonly sentAt: string | null;
}

/** What a date is written in. */
const SENT_AT = /^[ -~]{0,64}$/;

const decoder = new TextDecoder();

export function openEnvelope(body: ReadBody, call: Call, batch_events_max: number): Envelope | UnreadBody {
  return envelopeOf(body, decoder.decode(body.bytes), call, batch_events_max);
}

/** @param text of the body */
export function envelopeOf(body: ReadBody, text: string, call: Call, batch_events_max: number): Envelope | UnreadBody {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return unread(body, text.trim() === '' ? 'body_empty' : 'body_not_json', null);
  }
  if (!isJsonObject(json)) return unread(body, 'body_not_object', null);
  const sentAt = sentAtOf(json);
  if (!isBatch(call, json)) {
    return { ...body, form: 'single', type: isEventType(call) ? call : null, json, events: [json], sentAt };
  }
  const events: unknown = json.batch;
  if (!Array.isArray(events)) return unread(body, 'batch_missing', json);
  if (events.length === 0) return unread(body, 'batch_empty', json);
  if (events.length > batch_events_max) return unread(body, 'batch_too_long', json);
  return { ...body, form: 'batch', type: null, json, events, sentAt };
}

function unread({ bytes, wire_bytes }: ReadBody, code: RequestCode, json: JsonObject | null): UnreadBody {
  return { code, bytes, wire_bytes, whole: true, json };
}

/** An import may be either. */
function isBatch(call: Call, json: JsonObject): boolean {
  return call === 'batch' || (call === 'import' && json.batch !== undefined);
}

function sentAtOf(json: JsonObject): string | null {
  const sentAt = json.sentAt ?? json.sent_at;
  return typeof sentAt === 'string' && SENT_AT.test(sentAt) ? sentAt : null;
}
