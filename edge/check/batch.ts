/** The events of one request, checked one by one: a bad one never harms the others. */
import type { EventCode, WarningCode } from '../../schemas/errors.ts';
import type { EventType, JsonObject } from '../../schemas/event.ts';
import { checkEvent, type EventLimits, isObjectOrAbsent } from './envelope.ts';
import { byteLength, writeJson } from './size.ts';
import type { TimeStamps } from './time.ts';

/** What the envelope of a batch lends to every event. */
export interface Shared {
  /** Bytes of its JSON; 0 where there is nothing. */
  readonly bytes: number;
  readonly code: EventCode | null;
}

/** @param batch null for a single event, which shares nothing */
export function sharedOf(batch: JsonObject | null): Shared {
  if (batch === null || (batch.context === undefined && batch.integrations === undefined))
    return { bytes: 0, code: null };
  const text = writeJson({ context: batch.context, integrations: batch.integrations });
  return {
    bytes: text === null ? Number.MAX_SAFE_INTEGER : byteLength(text),
    code: isObjectOrAbsent(batch.context) ? null : 'context_not_object',
  };
}

/**
 * @param body_bytes of the whole body: no event in it is larger
 * @returns every event that is not ok, in order
 */
export function checkEvents(
  events: readonly unknown[],
  type: EventType | null,
  shared: Shared,
  body_bytes: number,
  { event_bytes_max, may_retract }: EventLimits,
  stamps: TimeStamps,
): [index: number, code: EventCode | WarningCode][] {
  const limits = {
    event_bytes_max: body_bytes <= event_bytes_max ? Number.POSITIVE_INFINITY : event_bytes_max - shared.bytes,
    may_retract,
  };
  const verdicts: [number, EventCode | WarningCode][] = [];
  for (let index = 0; index < events.length; index += 1) {
    const own = checkEvent(events[index], type, limits, stamps);
    const code = own === 'event_too_large' ? own : (shared.code ?? own);
    if (code !== null) verdicts.push([index, code]);
  }
  return verdicts;
}
