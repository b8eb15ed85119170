/** Values one after another: Parquet's PLAIN encoding. */
import type { PageBytes } from './page-bytes.ts';
import type { LeafType, Scalar } from './window.ts';

const BYTES: Record<LeafType, number> = { string: 0, json: 0, uuid: 16, timestamp: 8, int: 4, double: 8, boolean: 1 };

/** What a value takes, about: text may take more in UTF-8. */
export function bytesOf(type: LeafType, value: Scalar): number {
  return typeof value === 'string' && type !== 'uuid' ? 4 + value.length : BYTES[type];
}

export const APPEND: Record<LeafType, (page: PageBytes, value: Scalar) => void> = {
  string: (page, value) => page.appendText(String(value)),
  json: (page, value) => page.appendText(String(value)),
  uuid: (page, value) => page.appendUuid(String(value)),
  timestamp: (page, value) => page.appendTime(Number(value)),
  int: (page, value) => page.appendInt32(Number(value)),
  double: (page, value) => page.appendDouble(Number(value)),
  boolean: (page, value) => page.appendByte(Number(value)),
};
