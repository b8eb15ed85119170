/** Which events are copies of one, and which of the copies counts. */
import { createHash } from 'node:crypto';

/** @returns 22 characters, the same for all copies of an event. */
export function identityOf(source: string, messageId: string): string {
  // A source holds no NUL, so no two pairs run together.
  return digest(`${source}\0${messageId}`);
}

/** @returns 22 characters of base64url. Not for secrets. */
export function digest(text: string): string {
  return createHash('md5').update(text).digest('base64url');
}

/**
 * Of copies, the one with the smallest stamp counts: stamps compare as text like (received_at, pack_id, pack_index).
 *
 * @param receivedAt epoch milliseconds
 */
export function stampOf(receivedAt: number, packId: string, packIndex: number): string {
  return receivedAt.toString(36).padStart(9, '0') + packId + packIndex.toString(36).padStart(4, '0');
}
