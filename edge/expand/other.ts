/** What an event carries that no column holds: the log loses nothing of it. */
import type { EventType, JsonObject } from '../../schemas/event.ts';
import { isJsonObject } from '../../schemas/event.ts';
import { setField } from './set-field.ts';
import { jsonText } from './text.ts';

/** @param integrations of the batch: they hold where the event's own do not say otherwise */
export function otherText(event: JsonObject, type: EventType, integrations: JsonObject | null): string | null {
  const other: JsonObject = {};
  let isEmpty = true;
  for (const key in event) {
    if (isHeld(key, type)) continue;
    setField(other, key, event[key]);
    isEmpty = false;
  }
  if (integrations !== null) {
    const own = event.integrations;
    other.integrations = isJsonObject(own) ? { ...integrations, ...own } : (own ?? integrations);
    isEmpty = false;
  }
  return isEmpty ? null : jsonText(other);
}

/** Whether columns hold the field whatever its value. A switch, as looking a key up in a Set takes four times as long. */
function isHeld(key: string, type: EventType): boolean {
  switch (key) {
    case 'type':
    case 'messageId':
    case 'userId':
    case 'anonymousId':
    case 'groupId':
    case 'previousId':
    case 'timestamp':
    case 'originalTimestamp':
    case 'sentAt':
    case 'context':
    case 'properties':
    case 'traits':
      return true;
    // A credential, not data.
    case 'writeKey':
      return true;
    case 'event':
      return type === 'track';
    case 'name':
      return type === 'page' || type === 'screen';
    default:
      return false;
  }
}
