/** Answers, each with the CORS headers: a browser that may not read an error sees a network failure, and sends again. */
import { ERRORS, type ErrorCode, type EventCode, type WarningCode } from '../../schemas/errors.ts';
import { isJsonObject } from '../../schemas/event.ts';

const PREFLIGHT_SECONDS = '86400';
/** Headers of every SDK that was seen; `*` would not cover Authorization. */
const HEADERS_TAKEN = 'authorization, content-type, content-encoding, x-write-key, x-retry-count, anonymousid, sentat';
/** Longer message ids are refused, and not repeated. */
const MESSAGE_ID_LENGTH_MAX = 256;

/** Servers send no Origin, and need no more than this. */
const PLAIN_HEADERS = new Headers({
  'content-type': 'application/json',
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Retry-After',
  vary: 'Origin',
});

/** One entry of `rejected` or `warnings`. */
interface Finding {
  readonly index: number;
  readonly messageId: string | number | null;
  readonly code: ErrorCode;
  readonly message: string;
}

const ONE_ACCEPTED = JSON.stringify({ success: true, accepted: 1, rejected: [] });

export function jsonAnswer(
  request: Request,
  status: number,
  body: string,
  more: Record<string, string> = {},
): Response {
  return new Response(body, { status, headers: headersFor(request.headers.get('origin'), more) });
}

/** The whole request fails. */
export function failure(request: Request, code: ErrorCode, more: Record<string, string> = {}): Response {
  const { http, text } = ERRORS[code];
  return jsonAnswer(request, http, JSON.stringify({ success: false, code, message: text }), more);
}

export function preflight(request: Request): Response {
  const headers = new Headers(headersFor(request.headers.get('origin'), {}));
  headers.delete('content-type');
  headers.set('access-control-allow-methods', 'GET, POST, OPTIONS');
  headers.set('access-control-allow-headers', request.headers.get('access-control-request-headers') ?? HEADERS_TAKEN);
  headers.set('access-control-max-age', PREFLIGHT_SECONDS);
  headers.set('vary', 'Origin, Access-Control-Request-Headers');
  return new Response(null, { status: 204, headers });
}

/** The events were read, and what was kept of them is durable. A refused single event is a 400; a batch never is. */
export function outcome(
  request: Request,
  form: 'single' | 'batch',
  events: readonly unknown[],
  verdicts: readonly [index: number, code: EventCode | WarningCode][],
): Response {
  if (verdicts.length === 0 && events.length === 1) return jsonAnswer(request, 200, ONE_ACCEPTED);
  const rejected: Finding[] = [];
  const warnings: Finding[] = [];
  for (const [index, code] of verdicts) {
    const list = ERRORS[code].scope === 'warning' ? warnings : rejected;
    list.push({ index, messageId: messageIdOf(events[index]), code, message: ERRORS[code].text });
  }
  const [first] = rejected;
  if (form === 'single' && first !== undefined) {
    const { code, message } = first;
    const body = { success: false, code, message, accepted: 0, rejected };
    return jsonAnswer(request, ERRORS[code].http, JSON.stringify(body));
  }
  const accepted = events.length - rejected.length;
  const body = { success: true, accepted, rejected, ...(warnings.length > 0 && { warnings }) };
  return jsonAnswer(request, 200, JSON.stringify(body));
}

/** As an answer repeats it. */
export function messageIdOf(event: unknown): string | number | null {
  if (!isJsonObject(event)) return null;
  const { messageId } = event;
  if (typeof messageId === 'number') return messageId;
  return typeof messageId === 'string' && messageId.length <= MESSAGE_ID_LENGTH_MAX ? messageId : null;
}

/** Credentials are allowed, as beacons send them; that rules out `*`. */
function headersFor(origin: string | null, more: Record<string, string>): Headers | Record<string, string> {
  if (origin === null && Object.keys(more).length === 0) return PLAIN_HEADERS;
  return {
    'content-type': 'application/json',
    'access-control-allow-origin': origin ?? '*',
    ...(origin !== null && { 'access-control-allow-credentials': 'true' }),
    'access-control-expose-headers': 'Retry-After',
    vary: 'Origin',
    ...more,
  };
}
