/** The rules of one event: pure, and the same wherever the event came from. */
import { ERRORS, type EventCode, type WarningCode } from '../../schemas/errors.ts';
import {
  EVENT_RETRACTED,
  type EventType,
  isEventType,
  isJsonObject,
  type JsonObject,
  retractionTarget,
} from '../../schemas/event.ts';
import { isLargerThan } from './size.ts';
import { parseTime, placeInTime, type TimeStamps } from './time.ts';

/** What became of one event; null is ok. */
export type Verdict = EventCode | WarningCode | null;

export interface EventLimits {
  /** Bytes of its JSON; Infinity where the whole body is known to be smaller. */
  readonly event_bytes_max: number;
  /** Whether it came with a secret key: nobody else may take events back. */
  readonly may_retract: boolean;
}

const ID_LENGTH_MAX = 512;
const MESSAGE_ID_LENGTH_MAX = 256;
const NAME_LENGTH_MAX = 1_024;

export function isRejected(verdict: Verdict): verdict is EventCode {
  return verdict !== null && ERRORS[verdict].scope === 'event';
}

/**
 * @param type the call type that the path names; null where the event says its own.
 *
 * The first rule that is broken gives the code. A rejection comes before a warning, and of the warnings the one that
 * changes a value comes before the one that does not.
 */
export function checkEvent(event: unknown, type: EventType | null, limits: EventLimits, stamps: TimeStamps): Verdict {
  // First, so that whatever gets another code fits a pack.
  if (isLargerThan(event, limits.event_bytes_max)) return 'event_too_large';
  if (!isJsonObject(event)) return 'event_not_object';
  const called = type ?? event.type;
  if (isAbsent(called)) return 'type_missing';
  if (!isEventType(called)) return 'type_unknown';
  return (
    checkIds(event, called) ??
    checkNames(event, called) ??
    checkObjects(event, called) ??
    checkRetraction(event, called, limits) ??
    placeInTime(event.timestamp ?? event.originalTimestamp, stampsOf(event, stamps)).code ??
    (isAbsent(event.messageId) ? 'message_id_missing' : null)
  );
}

/** Some SDKs say for each event when they sent it. */
function stampsOf(event: JsonObject, stamps: TimeStamps): TimeStamps {
  const sentAt = event.sentAt === undefined ? null : parseTime(event.sentAt);
  return sentAt === null ? stamps : { ...stamps, sentAt };
}

/** SDKs send null or an empty string for what they do not know. */
function isAbsent(value: unknown): value is undefined | null | '' {
  return value === undefined || value === null || value === '';
}

/** Ids may be numbers, which stand for their text. */
function isId(value: unknown, length_max: number): boolean {
  if (typeof value === 'string') return value.length <= length_max;
  return typeof value === 'number';
}

function checkIds(event: JsonObject, type: EventType): EventCode | null {
  const { userId, anonymousId, messageId } = event;
  const hasUser = !isAbsent(userId);
  const hasAnonymous = !isAbsent(anonymousId);
  if (hasUser && !isId(userId, ID_LENGTH_MAX)) return 'user_id_invalid';
  if (hasAnonymous && !isId(anonymousId, ID_LENGTH_MAX)) return 'user_id_invalid';
  if (!hasUser && type === 'alias') return 'user_id_missing';
  if (!hasUser && !hasAnonymous) return 'user_missing';
  if (type === 'alias' && !isGiven(event.previousId)) return 'previous_id_missing';
  if (type === 'group' && !isGiven(event.groupId)) return 'group_id_missing';
  if (!isAbsent(messageId) && !isId(messageId, MESSAGE_ID_LENGTH_MAX)) return 'message_id_invalid';
  return null;
}

function isGiven(id: unknown): boolean {
  return !isAbsent(id) && isId(id, Number.POSITIVE_INFINITY);
}

function checkNames(event: JsonObject, type: EventType): EventCode | null {
  if (type === 'track') {
    if (isAbsent(event.event)) return 'event_name_missing';
    return isName(event.event) ? null : 'name_invalid';
  }
  if (type === 'page' || type === 'screen') {
    return isAbsent(event.name) || isName(event.name) ? null : 'name_invalid';
  }
  return null;
}

function isName(name: unknown): boolean {
  return typeof name === 'string' && name.length <= NAME_LENGTH_MAX;
}

function checkObjects(event: JsonObject, type: EventType): EventCode | null {
  const { context } = event;
  if (!isObjectOrAbsent(event.properties)) return 'properties_not_object';
  if (!isObjectOrAbsent(event.traits)) return 'traits_not_object';
  if (!isObjectOrAbsent(context)) return 'context_not_object';
  // Some SDKs put the traits of an identify call into its context.
  if (type === 'identify' && isJsonObject(context) && !isObjectOrAbsent(context.traits)) return 'traits_not_object';
  return null;
}

function checkRetraction(event: JsonObject, type: EventType, { may_retract }: EventLimits): EventCode | null {
  if (type !== 'track' || event.event !== EVENT_RETRACTED) return null;
  if (!may_retract) return 'retraction_forbidden';
  return retractionTarget(event.properties) === null ? 'retraction_target_missing' : null;
}

export function isObjectOrAbsent(value: unknown): boolean {
  return value === undefined || value === null || isJsonObject(value);
}
