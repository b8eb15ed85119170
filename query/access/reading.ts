import type { Scope } from '../../schemas/scopes.ts';
import type { Reader } from '../serve/tokens.ts';

/** What one operation has read so far. */
export interface Trail {
  /** Ids as they were asked for, and as members of groups came. */
  readonly users: Set<string>;
  /** `events`, `profile` … of users; `event`, `failedEvents` … of the query; `group`, `members` of groups. */
  readonly fields: Set<string>;
  events: number;
}

/** What a request brings to the resolvers. */
export interface Reading {
  readonly reader: Reader;
  readonly trail: Trail;
}

export function readingOf(reader: Reader): Reading {
  return { reader, trail: { users: new Set(), fields: new Set(), events: 0 } };
}

export function may({ reader }: Reading, scope: Scope): boolean {
  return reader.scopes.has(scope);
}
