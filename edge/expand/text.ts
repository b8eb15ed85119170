/** Sent values as text that every store can hold. */
import { isJsonObject } from '../../schemas/event.ts';

/** Promoted columns are cut at this length, UTF-16 units; the JSON they come from then keeps the whole. */
const PROMOTED_LENGTH_MAX = 1_024;

/** Invalid bytes become U+FFFD, a byte order mark is dropped. */
const decoder = new TextDecoder();

export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** The same of bytes that were cut: a character that the cut went through is left out. */
export function decodeStart(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes, { stream: true });
}

/** Ids and names: strings and numbers. Empty text is none; lone surrogates, which UTF-8 lacks, become U+FFFD. */
export function text(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : value.toWellFormed();
  return typeof value === 'number' ? String(value) : null;
}

export function promotedText(value: unknown): string | null {
  const whole = text(value);
  if (whole === null || whole.length <= PROMOTED_LENGTH_MAX) return whole;
  return whole.slice(0, PROMOTED_LENGTH_MAX).toWellFormed();
}

/** JSON.stringify for what JSON.parse gave, however deep: V8 gives up where a hostile event nests some thousand levels. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return deepJsonText(value);
  }
}

/** The same text without recursion, several times slower. */
export function deepJsonText(root: unknown): string {
  const written: string[] = [];
  // What is still to be written, last first.
  const ahead: Ahead[] = [{ value: root }];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    if ('token' in next) {
      written.push(next.token);
    } else if (Array.isArray(next.value)) {
      const elements = next.value.flatMap((value, index): Ahead[] => [{ token: index === 0 ? '' : ',' }, { value }]);
      pushReversed(ahead, [{ token: '[' }, ...elements, { token: ']' }]);
    } else if (isJsonObject(next.value)) {
      const fields = Object.entries(next.value)
        .filter(([, value]) => value !== undefined)
        .flatMap(([key, value], index): Ahead[] => [
          { token: `${index === 0 ? '' : ','}${JSON.stringify(key)}:` },
          { value },
        ]);
      pushReversed(ahead, [{ token: '{' }, ...fields, { token: '}' }]);
    } else {
      written.push(JSON.stringify(next.value));
    }
  }
  return written.join('');
}

type Ahead = { value: unknown } | { token: string };

function pushReversed(ahead: Ahead[], parts: Ahead[]): void {
  for (const part of parts.reverse()) ahead.push(part);
}
