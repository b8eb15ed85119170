/** The call types of the Segment spec. */
export const EVENT_TYPES = ['track', 'page', 'screen', 'identify', 'group', 'alias'] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** What `type` says of a rejected event: it stands apart from every call type. */
export const FAILED_TYPE = 'failed';

/** The `event` of a track call that takes another event back. */
export const EVENT_RETRACTED = 'Event Retracted';

/** What `type` says of such a call in the log: it is no event of its user. */
export const RETRACTION_TYPE = 'retraction';

const MESSAGE_ID_LENGTH_MAX = 256;

/** The event that a call takes back. */
export interface RetractionTarget {
  readonly message_id: string;
  /** Null for the source of the call itself. */
  readonly source: string | null;
}

/** @param properties of the call, JSON values. @returns null where they name no event */
export function retractionTarget(properties: unknown): RetractionTarget | null {
  if (!isJsonObject(properties)) return null;
  const { message_id, source = null } = properties;
  if (typeof message_id !== 'string' || message_id === '' || message_id.length > MESSAGE_ID_LENGTH_MAX) return null;
  if (source !== null && (typeof source !== 'string' || source === '')) return null;
  // As ids are in the log.
  return { message_id: message_id.toWellFormed(), source };
}

export function isEventType(type: unknown): type is EventType {
  return EVENT_TYPES.some((known) => known === type);
}

export type JsonObject = { [key: string]: unknown };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
