/** Which calls say that two ids are one person. */
import type { EventRow } from '../../schemas/columns.ts';

/** An id, and the user id that it belongs to. */
export interface Link {
  readonly id: string;
  readonly person: string;
}

/**
 * Of an id only so many of the earliest calls that link it are looked at, copies and retracted ones included. Browsers
 * identify on each page: without an end each of those calls would be one more row.
 */
export const LINKS_MAX = 8;

/** Longer ids are of no user: the edge refuses them. */
const ID_LENGTH_MAX = 512;

/** @returns null for what links nothing, as nearly all events */
export function linkOf(row: EventRow): Link | null {
  const id = row.type === 'identify' ? row.anonymous_id : row.type === 'alias' ? row.previous_id : null;
  const person = row.user_id;
  if (id === null || person === null || id === person || id.length > ID_LENGTH_MAX) return null;
  return { id, person };
}
