import { InletError } from '../../schemas/errors.ts';
import { digest } from '../index/identity.ts';
import { decodeOpaque, encodeOpaque } from './opaque.ts';
import type { Position } from './position.ts';

/** A place in one timeline, read at one moment. */
export interface Cursor extends Position {
  /** The sequence of the index when page one was read: later pages show the same moment. */
  readonly sequence: number;
  /** Up to which arrival that moment is complete, epoch milliseconds. */
  readonly asOf: number;
}

/** @param timeline what `timelineHash` gave */
export function encodeCursor({ timestamp, source, messageId, sequence, asOf }: Cursor, timeline: string): string {
  return encodeOpaque([timestamp, source, messageId, sequence, asOf, timeline]);
}

/** @throws InletError cursor_invalid, also for a cursor of another timeline. */
export function decodeCursor(text: string, timeline: string): Cursor {
  const [timestamp, source, messageId, sequence, asOf, hash, ...rest] = decodeOpaque(text) ?? [];
  if (
    typeof timestamp !== 'number' ||
    typeof source !== 'string' ||
    typeof messageId !== 'string' ||
    typeof sequence !== 'number' ||
    typeof asOf !== 'number' ||
    hash !== timeline ||
    rest.length > 0
  ) {
    throw new InletError('cursor_invalid');
  }
  return { timestamp, source, messageId, sequence, asOf };
}

/** Tells timelines apart: one user, one set of filters. */
export function timelineHash(...parts: (string | number | readonly string[] | null)[]): string {
  return digest(JSON.stringify(parts));
}
