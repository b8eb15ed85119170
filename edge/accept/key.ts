/** Where a request says its write key. */
import { isJsonObject, type JsonObject } from '../../schemas/event.ts';

/** HTTP Basic user name, else X-Write-Key. */
export function keyOfHeaders(headers: Headers): string | null {
  return basicUser(headers.get('authorization')) ?? beforeColon(headers.get('x-write-key'));
}

/** `writeKey`, else that of the first event in the batch. */
export function keyOfBody(body: JsonObject | null): string | null {
  if (body === null) return null;
  const first = Array.isArray(body.batch) ? body.batch[0] : undefined;
  return filled(body.writeKey) ?? (isJsonObject(first) ? filled(first.writeKey) : null);
}

/** `?writeKey=` */
export function keyOfQuery(url: string): string | null {
  const query = url.indexOf('?');
  return query === -1 ? null : filled(new URLSearchParams(url.slice(query + 1)).get('writeKey'));
}

/** Some clients leave the colon out. */
function basicUser(authorization: string | null): string | null {
  if (authorization === null || !/^basic /i.test(authorization)) return null;
  try {
    return beforeColon(atob(authorization.slice('basic '.length).trim()));
  } catch {
    // Not base64: no user name.
    return null;
  }
}

/** Jitsu sends `key:secret`. */
function beforeColon(text: string | null): string | null {
  if (text === null) return null;
  const colon = text.indexOf(':');
  return filled(colon === -1 ? text : text.slice(0, colon));
}

function filled(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
