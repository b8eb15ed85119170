/** Users are divided into buckets, fixed for ever: shards of the hot index and timeline files own ranges of them. */
export const BUCKETS = 1_024;

/** @param digest MD5 of a user key in UTF-8. @returns from 0 to 1,023: its first two bytes, modulo the buckets */
export function bucketOfDigest(digest: Uint8Array): number {
  const [high = 0, low = 0] = digest;
  return (high * 256 + low) % BUCKETS;
}
