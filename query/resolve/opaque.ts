/** What callers carry for us from one request to the next: text and whole numbers, in base64url. */
import { Buffer } from 'node:buffer';

/** The longest: an id with 512 + 256 characters that take six each in JSON, in base64. */
const CHARACTERS_MAX = 8_192;

export type Fields = readonly (string | number)[];

export function encodeOpaque(fields: Fields): string {
  return Buffer.from(JSON.stringify(fields)).toString('base64url');
}

/** @returns null where `encodeOpaque` cannot have made it, or it is longer than that. */
export function decodeOpaque(text: string, charactersMax = CHARACTERS_MAX): Fields | null {
  if (text.length > charactersMax) return null;
  try {
    const fields: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(fields) && fields.every(isField) && encodeOpaque(fields) === text ? fields : null;
  } catch {
    return null;
  }
}

function isField(value: unknown): value is string | number {
  return typeof value === 'string' || Number.isSafeInteger(value);
}
