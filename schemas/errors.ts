/**
 * The one error table. A code is the metric label, the JSON field `code` and GraphQL's `extensions.code`.
 *
 * - `http`: status when the whole request fails with it. For `event` codes it is the status of a single-event call.
 * - `retry`: whether the sender should send the same request again.
 * - `scope`: `request` (the whole call), `event` (one event, rejected), `warning` (one event, stored), `query` (reading).
 * - `text`: what the caller reads; it says what to do.
 */
export interface ErrorSpec {
  readonly http: number;
  readonly retry: boolean;
  readonly scope: 'request' | 'event' | 'warning' | 'query';
  readonly text: string;
}

export const ERRORS = {
  // The whole request
  write_key_missing: {
    http: 401,
    retry: false,
    scope: 'request',
    text: 'No write key. Send it as HTTP Basic user name, X-Write-Key, "writeKey" in the body, or ?writeKey=.',
  },
  write_key_unknown: {
    http: 401,
    retry: false,
    scope: 'request',
    text: 'This write key is not known. Create one with "inlet keys".',
  },
  secret_key_required: {
    http: 401,
    retry: false,
    scope: 'request',
    text: 'Imports need a secret server key. Create one with "inlet keys create --secret".',
  },
  path_unknown: {
    http: 404,
    retry: false,
    scope: 'request',
    text: 'No such path. Events go to /v1/batch or /v1/track.',
  },
  method_not_allowed: { http: 405, retry: false, scope: 'request', text: 'This path does not take that method.' },
  body_empty: { http: 400, retry: false, scope: 'request', text: 'The body is empty. Send one JSON object.' },
  body_too_large: {
    http: 413,
    retry: false,
    scope: 'request',
    text: 'The body is too large. Send fewer events a request.',
  },
  body_inflates_too_large: {
    http: 413,
    retry: false,
    scope: 'request',
    text: 'The body is too large once decompressed. Send fewer events a request.',
  },
  body_gzip_broken: { http: 400, retry: false, scope: 'request', text: 'The gzip body is broken or cut short.' },
  body_not_json: { http: 400, retry: false, scope: 'request', text: 'The body is not valid JSON.' },
  body_not_object: { http: 400, retry: false, scope: 'request', text: 'The body must be one JSON object.' },
  batch_missing: { http: 400, retry: false, scope: 'request', text: 'The body must hold an array "batch" of events.' },
  batch_empty: { http: 400, retry: false, scope: 'request', text: 'The batch holds no events.' },
  batch_too_long: {
    http: 400,
    retry: false,
    scope: 'request',
    text: 'Too many events in one batch. Send at most 2,500.',
  },
  queue_full: {
    http: 429,
    retry: true,
    scope: 'request',
    text: 'The queue is full. Send again after Retry-After seconds.',
  },
  queue_failing: {
    http: 429,
    retry: true,
    scope: 'request',
    text: 'The events could not be stored durably. Send again after Retry-After seconds.',
  },
  authority_away: {
    http: 503,
    retry: true,
    scope: 'request',
    text: 'Write keys cannot be checked right now. Send again later.',
  },
  internal: { http: 500, retry: true, scope: 'request', text: 'Something broke on our side. Send again later.' },

  // One event, rejected and kept as a failed event
  event_not_object: { http: 400, retry: false, scope: 'event', text: 'The event must be a JSON object.' },
  event_too_large: { http: 400, retry: false, scope: 'event', text: 'The event is larger than 32 KB.' },
  type_missing: { http: 400, retry: false, scope: 'event', text: 'The event has no "type".' },
  type_unknown: {
    http: 400,
    retry: false,
    scope: 'event',
    text: '"type" must be track, page, screen, identify, group or alias.',
  },
  user_missing: {
    http: 400,
    retry: false,
    scope: 'event',
    text: 'The event needs a non-empty "userId" or "anonymousId".',
  },
  user_id_invalid: {
    http: 400,
    retry: false,
    scope: 'event',
    text: '"userId" and "anonymousId" must be strings or numbers of at most 512 characters.',
  },
  event_name_missing: {
    http: 400,
    retry: false,
    scope: 'event',
    text: 'A track call needs a non-empty string "event".',
  },
  group_id_missing: { http: 400, retry: false, scope: 'event', text: 'A group call needs a non-empty "groupId".' },
  previous_id_missing: {
    http: 400,
    retry: false,
    scope: 'event',
    text: 'An alias call needs a non-empty "previousId".',
  },
  user_id_missing: { http: 400, retry: false, scope: 'event', text: 'An alias call needs a non-empty "userId".' },
  message_id_invalid: {
    http: 400,
    retry: false,
    scope: 'event',
    text: '"messageId" must be a string or number of at most 256 characters.',
  },
  name_invalid: {
    http: 400,
    retry: false,
    scope: 'event',
    text: '"event" and "name" must be strings of at most 1,024 characters.',
  },
  properties_not_object: { http: 400, retry: false, scope: 'event', text: '"properties" must be a JSON object.' },
  traits_not_object: { http: 400, retry: false, scope: 'event', text: '"traits" must be a JSON object.' },
  context_not_object: { http: 400, retry: false, scope: 'event', text: '"context" must be a JSON object.' },
  retraction_forbidden: {
    http: 400,
    retry: false,
    scope: 'event',
    text: '"Event Retracted" needs a secret server key. Create one with "inlet keys create --secret".',
  },
  retraction_target_missing: {
    http: 400,
    retry: false,
    scope: 'event',
    text: '"Event Retracted" needs "properties.message_id", the messageId of the event to take back; "properties.source" is a string.',
  },

  // One event, stored with a warning
  message_id_missing: {
    http: 200,
    retry: false,
    scope: 'warning',
    text: 'No "messageId": one was made, so a re-send of this event counts twice.',
  },
  timestamp_unreadable: {
    http: 200,
    retry: false,
    scope: 'warning',
    text: 'The timestamp is not an ISO 8601 date. The time of arrival was used.',
  },
  timestamp_in_future: {
    http: 200,
    retry: false,
    scope: 'warning',
    text: 'The timestamp is later than the time of arrival, which was used in its place.',
  },
  timestamp_too_old: {
    http: 200,
    retry: false,
    scope: 'warning',
    text: 'The timestamp is older than a public key may set. The time of arrival was used; import it with a secret key.',
  },

  // Reading
  read_token_missing: {
    http: 401,
    retry: false,
    scope: 'query',
    text: 'No read token. Send "Authorization: Bearer <token>". Create one with "inlet keys create --read".',
  },
  read_token_unknown: {
    http: 401,
    retry: false,
    scope: 'query',
    text: 'This read token is not known, was revoked or has expired.',
  },
  read_token_busy: {
    http: 429,
    retry: true,
    scope: 'query',
    text: 'This read token has asked more often than it may. Ask again in a second.',
  },
  scope_missing: {
    http: 403,
    retry: false,
    scope: 'query',
    text: 'This read token may not read that. Make one with the scope that is named here.',
  },
  cursor_invalid: {
    http: 400,
    retry: false,
    scope: 'query',
    text: 'The cursor is not one of this connection. Cursors fit one user and one set of filters.',
  },
  page_too_large: { http: 400, retry: false, scope: 'query', text: '"first" must be from 1 to 1,000.' },
  query_too_deep: { http: 400, retry: false, scope: 'query', text: 'The query is nested too deeply.' },
  query_too_costly: {
    http: 400,
    retry: false,
    scope: 'query',
    text: 'The query asks for too much. Ask for smaller pages.',
  },
  query_timeout: {
    http: 504,
    retry: false,
    scope: 'query',
    text: 'The query took longer than it may and was ended. Ask for smaller pages, or for a shorter time.',
  },
  operation_unknown: {
    http: 400,
    retry: false,
    scope: 'query',
    text: 'No operation of this hash is known here. See "extensions.persistedQuery.sha256Hash".',
  },
  operation_missing: {
    http: 400,
    retry: false,
    scope: 'query',
    text: 'There is neither a query nor the hash of a known operation.',
  },
  operations_only: {
    http: 403,
    retry: false,
    scope: 'query',
    text: 'Only known operations are answered here, by their hash.',
  },
  id_invalid: { http: 400, retry: false, scope: 'query', text: 'This is not an id that Inlet gave out.' },
  date_invalid: {
    http: 400,
    retry: false,
    scope: 'query',
    text: 'Dates are ISO 8601: 2026-01-31 or 2026-01-31T10:00:00Z, and "from" is before "to".',
  },
  introspection_off: {
    http: 400,
    retry: false,
    scope: 'query',
    text: 'Introspection is switched off here. The schema comes with Inlet: schemas/graphql/schema.graphql.',
  },
  filter_invalid: {
    http: 400,
    retry: false,
    scope: 'query',
    text: 'A filter needs a path of 1 to 8 names and a test, of at most 100 plain values; "where" takes at most 10.',
  },
  report_unknown: { http: 400, retry: false, scope: 'query', text: 'There is no report of that name.' },
  parameter_invalid: { http: 400, retry: false, scope: 'query', text: 'The report does not take this parameter.' },
  live_full: {
    http: 503,
    retry: true,
    scope: 'query',
    text: 'As many subscriptions are open here as may be. Try again later.',
  },
  live_dropped: {
    http: 503,
    retry: false,
    scope: 'query',
    text: 'Events came faster than they were taken, so the subscription was ended. Subscribe anew and narrower; the timeline has what was missed.',
  },
  index_away: {
    http: 503,
    retry: true,
    scope: 'query',
    text: 'The index cannot be read right now. Ask again later; events are still accepted.',
  },
} as const satisfies Record<string, ErrorSpec>;

export type ErrorCode = keyof typeof ERRORS;
type CodeOf<Scope extends ErrorSpec['scope']> = {
  [Code in ErrorCode]: (typeof ERRORS)[Code]['scope'] extends Scope ? Code : never;
}[ErrorCode];

export type RequestCode = CodeOf<'request'>;
export type EventCode = CodeOf<'event'>;
export type WarningCode = CodeOf<'warning'>;
export type QueryCode = CodeOf<'query'>;

/** An expected failure that carries its code; everything else that is thrown is a fault of ours. */
export class InletError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, options?: { detail?: string; cause?: unknown }) {
    super(options?.detail === undefined ? ERRORS[code].text : `${ERRORS[code].text} (${options.detail})`, {
      cause: options?.cause,
    });
    this.name = 'InletError';
    this.code = code;
  }
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}
