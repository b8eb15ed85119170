const KEY_BYTES_MAX = 1_024;
/** File systems take no longer names. */
const PART_BYTES_MAX = 255;

/**
 * Whether this can be the key of an object, in a folder as well as in a bucket: at most 1,024 bytes, and a path whose
 * parts are neither empty, `.` nor `..`, nor over 255 bytes, without control characters.
 */
export function isKey(key: string): boolean {
  if (!key.isWellFormed() || Buffer.byteLength(key) > KEY_BYTES_MAX || /\p{Cc}/u.test(key)) return false;
  return key
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && Buffer.byteLength(part) <= PART_BYTES_MAX);
}

/** @throws RangeError */
export function checkKey(key: string): void {
  if (!isKey(key)) throw new RangeError(`not the key of an object: ${JSON.stringify(key.slice(0, KEY_BYTES_MAX))}`);
}
