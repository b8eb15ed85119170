/** Where a user's events lie in the hot index. */
import { createHash } from 'node:crypto';
import { bucketOfDigest } from '../../schemas/buckets.ts';

const HASHES_KEPT = 50_000;

interface Place {
  readonly bucket: number;
  readonly hash: string;
}

/** Users come again and again; a hash costs more than a look-up. */
const known = new Map<string, Place>();

/** From 0 to 1,023. */
export function bucketOf(userKey: string): number {
  return placeOf(userKey).bucket;
}

/** 11 characters; two users of one bucket hardly ever share it, and readers look at the events too. */
export function userHash(userKey: string): string {
  return placeOf(userKey).hash;
}

function placeOf(userKey: string): Place {
  const place = known.get(userKey);
  if (place !== undefined) return place;
  const bytes = createHash('md5').update(userKey).digest();
  const made = { bucket: bucketOfDigest(bytes), hash: bytes.toString('base64url', 2, 10) };
  if (known.size >= HASHES_KEPT) known.clear();
  known.set(userKey, made);
  return made;
}

/** @returns the text of one user's events in a hot row; null where it holds none */
export function eventsOfUser(users: string, events: string, hash: string): string | null {
  const at = users.indexOf(` ${hash}:`);
  if (at < 0) return null;
  const end = users.indexOf(' ', at + 1);
  return sliceAt(users.slice(at, end < 0 ? undefined : end), events);
}

/** @returns the hashes of the users in a hot row */
export function hashesIn(users: string): string[] {
  return users
    .split(' ')
    .filter((place) => place !== '')
    .map((place) => place.slice(0, place.indexOf(':')));
}

/** @returns the text of the events of each user in a hot row */
export function slicesOf(users: string, events: string): string[] {
  return users
    .split(' ')
    .filter((place) => place !== '')
    .map((place) => sliceAt(place, events));
}

/** @param place `<hash>:<start>:<length>` */
function sliceAt(place: string, events: string): string {
  const [, start = 0, length = 0] = place.split(':').map(Number);
  return events.slice(start, start + length);
}
