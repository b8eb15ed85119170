import type { JsonObject } from '../../schemas/event.ts';

/** Sets a field whatever its name: an assignment to `__proto__` would set the prototype. */
export function setField(object: JsonObject, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[key] = value;
  }
}
