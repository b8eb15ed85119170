/** The call types of the Segment spec. */
export const EVENT_TYPES = ['track', 'page', 'screen', 'identify', 'group', 'alias'] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** What `type` says of a rejected event: it stands apart from every call type. */
export const FAILED_TYPE = 'failed';

export function isEventType(type: unknown): type is EventType {
  return EVENT_TYPES.some((known) => known === type);
}

export type JsonObject = { [key: string]: unknown };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
