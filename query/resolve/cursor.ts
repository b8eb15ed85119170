import { InletError } from '../../schemas/errors.ts';
import { digest } from '../index/identity.ts';
import type { Position } from './position.ts';
import { decodeSigned, encodeSigned } from './signed.ts';

/** Room for the keys of one person, within the limit of a request. */
const CHARACTERS_MAX = 131_072;

/** A place in one timeline, read at one moment. */
export interface Cursor extends Position {
  /** The sequence of the index when page one was read: later pages show the same moment. */
  readonly sequence: number;
  /** Up to which arrival that moment is complete, epoch milliseconds. */
  readonly asOf: number;
  /** Version of the timeline that page one read; 0 where there was none. */
  readonly version: number;
  /** The keys that page one resolved, where they were more than the one that was asked for; else none. */
  readonly users: readonly string[];
}

/** @param timeline what `timelineHash` gave. @param secret of the index: who has it can make cursors */
export function encodeCursor(cursor: Cursor, timeline: string, secret: string): string {
  const { timestamp, source, messageId, sequence, asOf, version, users } = cursor;
  return encodeSigned([timestamp, source, messageId, sequence, asOf, timeline, version, ...users], secret);
}

/** @throws InletError cursor_invalid, also for a cursor of another timeline, and for one that `encodeCursor` did not make. */
export function decodeCursor(text: string, timeline: string, secret: string): Cursor {
  const fields = decodeSigned(text, secret, CHARACTERS_MAX) ?? [];
  const [timestamp, source, messageId, sequence, asOf, hash, version, ...users] = fields;
  if (
    typeof timestamp !== 'number' ||
    typeof source !== 'string' ||
    typeof messageId !== 'string' ||
    typeof sequence !== 'number' ||
    typeof asOf !== 'number' ||
    hash !== timeline ||
    typeof version !== 'number' ||
    !users.every((user) => typeof user === 'string')
  ) {
    throw new InletError('cursor_invalid');
  }
  return { timestamp, source, messageId, sequence, asOf, version, users };
}

/** Tells timelines apart: one user, one set of filters. */
export function timelineHash(...parts: (string | number | readonly string[] | null)[]): string {
  return digest(JSON.stringify(parts));
}
