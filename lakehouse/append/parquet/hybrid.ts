/** Parquet's hybrid of runs and bit-packed groups: how levels, indexes and booleans are written. */
import type { PageBytes } from './page-bytes.ts';

/** Values are packed in groups of so many, and shorter runs do not pay. */
const GROUP = 8;

/** @returns bits that hold all values from 0 to `max` */
export function bitWidthOf(max: number): number {
  return 32 - Math.clz32(max);
}

/**
 * @param values of which the first `count` are written, each of `bitWidth` bits, at most 24
 * @returns bytes written
 */
export function appendHybrid(page: PageBytes, values: readonly number[], count: number, bitWidth: number): number {
  const start = page.length;
  // A run of eight takes at most five bytes, and the last group may be filled up.
  page.reserve(Math.ceil((count * (8 + bitWidth)) / 8) + bitWidth + 8);
  let packedFrom = 0;
  let at = 0;
  while (at < count) {
    const value = values[at] ?? 0;
    let end = at + 1;
    while (end < count && values[end] === value) end += 1;
    if (end - at < GROUP) {
      at += GROUP;
      continue;
    }
    appendPacked(page, values, packedFrom, at, bitWidth);
    appendVarint(page, (end - at) << 1);
    for (let bits = 0; bits < bitWidth; bits += 8) page.appendByte(value >>> bits);
    at = end;
    packedFrom = end;
  }
  appendPacked(page, values, packedFrom, count, bitWidth);
  return page.length - start;
}

/** Whole groups: only the last one of all may be short, and is filled up with zeros. */
function appendPacked(page: PageBytes, values: readonly number[], start: number, end: number, bitWidth: number): void {
  const groups = Math.ceil((end - start) / GROUP);
  if (groups === 0) return;
  appendVarint(page, (groups << 1) | 1);
  const stop = page.length + groups * bitWidth;
  let bits = 0;
  let width = 0;
  for (let at = start; at < end; at += 1) {
    bits |= (values[at] ?? 0) << width;
    for (width += bitWidth; width >= 8; width -= 8) {
      page.appendByte(bits);
      bits >>>= 8;
    }
  }
  for (; page.length < stop; bits >>>= 8) page.appendByte(bits);
}

function appendVarint(page: PageBytes, value: number): void {
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) page.appendByte(rest | 0x80);
  page.appendByte(rest);
}
