/** What callers carry for us and may not make themselves. */
import { Buffer } from 'node:buffer';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { decodeOpaque, encodeOpaque, type Fields } from './opaque.ts';

const SIGNATURE_BYTES = 16;

/** @param secret of the index: who has it can make such texts */
export function encodeSigned(fields: Fields, secret: string): string {
  return encodeOpaque([signatureOf(fields, secret), ...fields]);
}

/** @returns null where `encodeSigned` did not make it with this secret */
export function decodeSigned(text: string, secret: string, charactersMax?: number): Fields | null {
  const [signature, ...fields] = decodeOpaque(text, charactersMax) ?? [];
  return typeof signature === 'string' && isSame(signature, signatureOf(fields, secret)) ? fields : null;
}

function signatureOf(fields: Fields, secret: string): string {
  return createHmac('sha256', secret).update(JSON.stringify(fields)).digest().toString('base64url', 0, SIGNATURE_BYTES);
}

function isSame(signature: string, right: string): boolean {
  const [given, made] = [Buffer.from(signature), Buffer.from(right)];
  return given.length === made.length && timingSafeEqual(given, made);
}
