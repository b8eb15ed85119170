/** Single values as Iceberg stores them in bounds: little-endian numbers, UTF-8 text. */

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const DAY_MS = 86_400_000;

/** Longer texts are cut in bounds, to so many characters. */
const TEXT_CHARACTERS_MAX = 32;
const CODE_POINT_MAX = 0x10_ff_ff;
const SURROGATES = { first: 0xd8_00, last: 0xdf_ff };

/** At most the text. */
export function lowerText(text: string): Uint8Array {
  return encoder.encode([...text].slice(0, TEXT_CHARACTERS_MAX).join(''));
}

/** At least the text: cut, and with its last character raised. @returns null where there is none such */
export function upperText(text: string): Uint8Array | null {
  const characters = [...text];
  if (characters.length <= TEXT_CHARACTERS_MAX) return encoder.encode(text);
  for (let length = TEXT_CHARACTERS_MAX; length > 0; length -= 1) {
    const point = characters[length - 1]?.codePointAt(0) ?? CODE_POINT_MAX;
    if (point === CODE_POINT_MAX) continue;
    const next = point + 1 === SURROGATES.first ? SURROGATES.last + 1 : point + 1;
    return encoder.encode(characters.slice(0, length - 1).join('') + String.fromCodePoint(next));
  }
  return null;
}

export function textBytes(text: string): Uint8Array {
  return encoder.encode(text);
}

export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

export function intBytes(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(4));
  view.setInt32(0, value, true);
  return new Uint8Array(view.buffer);
}

export function intOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getInt32(0, true);
}

export function longBytes(value: bigint): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigInt64(0, value, true);
  return new Uint8Array(view.buffer);
}

/** A `timestamptz` in epoch milliseconds, rounded down. */
export function millisecondsOf(bytes: Uint8Array): number {
  const micros = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigInt64(0, true);
  return Math.floor(Number(micros) / 1_000);
}

/** Days since 1970 of a day such as 2026-01-31. */
export function dayNumber(day: string): number {
  return Date.parse(day) / DAY_MS;
}

export function dayText(number: number): string {
  return new Date(number * DAY_MS).toISOString().slice(0, 10);
}
