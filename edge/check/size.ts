/** How large an event is: the UTF-8 bytes of its JSON, written without spaces. */

import { isJsonObject } from '../../schemas/event.ts';

/** Most bytes one UTF-16 unit can take in JSON: `\u0000`. */
const UNIT_BYTES_MAX = 6;
/** Most bytes a number, true, false or null can take. */
const SCALAR_BYTES_MAX = 25;
/** No event nests so deep, and writing what does takes seconds where it exhausts the stack. */
const DEPTH_MAX = 1_000;

const encoder = new TextEncoder();

/** Whether the JSON of `value` takes more than `bytes_max` bytes. A small value is told by a walk, at a third of the cost of writing it. */
export function isLargerThan(value: unknown, bytes_max: number): boolean {
  if (bytes_max === Number.POSITIVE_INFINITY || bytesLeft(value, bytes_max, 0) >= 0) return false;
  const text = writeJson(value);
  return text === null || byteLength(text) > bytes_max;
}

/** @returns null where the value is nested too deeply to be written. */
export function writeJson(value: unknown): string | null {
  return isTooDeep(value, 0) ? null : JSON.stringify(value);
}

/** UTF-8 bytes of a text. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/** `left` less the most that the JSON of `value` can take; below zero it may not fit, and the walk stops. */
function bytesLeft(value: unknown, left: number, depth: number): number {
  if (typeof value === 'string') return left - UNIT_BYTES_MAX * value.length - 2;
  if (typeof value !== 'object' || value === null) return left - SCALAR_BYTES_MAX;
  if (depth > DEPTH_MAX) return -1;
  let rest = left - 2;
  if (Array.isArray(value)) {
    for (const element of value) {
      rest = bytesLeft(element, rest - 1, depth + 1);
      if (rest < 0) return rest;
    }
    return rest;
  }
  if (!isJsonObject(value)) return rest;
  // Not Object.entries: the arrays that it makes cost three times the walk.
  for (const key in value) {
    const field = value[key];
    rest -= UNIT_BYTES_MAX * key.length + 4;
    if (typeof field === 'string') rest -= UNIT_BYTES_MAX * field.length + 2;
    else if (typeof field === 'object') rest = bytesLeft(field, rest, depth + 1);
    else rest -= SCALAR_BYTES_MAX;
    if (rest < 0) return rest;
  }
  return rest;
}

function isTooDeep(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth > DEPTH_MAX || Object.values(value).some((field) => isTooDeep(field, depth + 1));
}
