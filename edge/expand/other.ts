/** What an event carries that no column holds: the log loses nothing of it. */
import type { EventType, JsonObject } from '../../schemas/event.ts';
import { isJsonObject } from '../../schemas/event.ts';
import { jsonText } from './text.ts';

/** Held by columns whatever their value; the write key is a credential, not data. */
const HELD = new Set([
  ...['type', 'messageId', 'userId', 'anonymousId', 'groupId', 'previousId', 'context', 'writeKey'],
  ...['timestamp', 'originalTimestamp', 'sentAt', 'properties', 'traits'],
]);

/** @param integrations of the batch: they hold where the event's own do not say otherwise */
export function otherText(event: JsonObject, type: EventType, integrations: JsonObject | null): string | null {
  const other: [string, unknown][] = [];
  for (const key in event) if (!HELD.has(key) && !isNameOf(key, type)) other.push([key, event[key]]);
  if (integrations !== null) {
    const own = event.integrations;
    other.push(['integrations', isJsonObject(own) ? { ...integrations, ...own } : (own ?? integrations)]);
  }
  // Of equal keys the last counts; unlike an assignment, this also takes a key called __proto__.
  return other.length === 0 ? null : jsonText(Object.fromEntries(other));
}

function isNameOf(key: string, type: EventType): boolean {
  return type === 'track' ? key === 'event' : key === 'name' && (type === 'page' || type === 'screen');
}
