/** Which events are copies of one, and which of the copies counts. */
import { createHash } from 'node:crypto';

/** Longer message ids are cut, and told apart by a hash. */
const MESSAGE_ID_MAX = 64;
const START_LENGTH = 24;
const TAG_LENGTH = 6;
const TAGS_MAX = 1_000;

const tags = new Map<string, string>();

/** The request stamped last: its events come one after another. */
let stamped = { receivedAt: -1, packId: '', text: '' };

/**
 * The same for all copies of an event, and for no other. It begins as the message id does: the ids of most SDKs begin with
 * the time, so that identities which arrive together lie together in the index. A hash would scatter them, and every event
 * would cost a page of its own.
 */
export function identityOf(source: string, messageId: string): string {
  // What follows the id has one length, and its first character says whether the id is whole: no two pairs run together.
  if (messageId.length <= MESSAGE_ID_MAX) return `${messageId}-${tagOf(source)}`;
  return `${messageId.slice(0, START_LENGTH)}${digest(messageId)}+${tagOf(source)}`;
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
  if (receivedAt !== stamped.receivedAt || packId !== stamped.packId) {
    stamped = { receivedAt, packId, text: receivedAt.toString(36).padStart(9, '0') + packId };
  }
  return stamped.text + packIndex.toString(36).padStart(4, '0');
}

function tagOf(source: string): string {
  const known = tags.get(source);
  if (known !== undefined) return known;
  if (tags.size >= TAGS_MAX) tags.clear();
  const tag = digest(source).slice(0, TAG_LENGTH);
  tags.set(source, tag);
  return tag;
}
