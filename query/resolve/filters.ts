import type { EventType } from '../../schemas/event.ts';
import type { Copy } from './copy.ts';
import { type Cursor, timelineHash } from './cursor.ts';
import { comparisonOf, type Order } from './position.ts';
import { type PropertyFilter, propertyTest } from './property-filters.ts';

/** Whose timeline, which events of it, and from which end. */
export interface Filters {
  /** The keys of one person, user ids and anonymous ids: the one that was asked for, then those joined to it. */
  readonly users: readonly string[];
  /** Epoch milliseconds, included; null for no bound. */
  readonly from: number | null;
  /** Epoch milliseconds, not included; null for no bound. */
  readonly to: number | null;
  /** Null for all. */
  readonly types: readonly EventType[] | null;
  /** Names of track calls; null for calls of all types and names. */
  readonly events: readonly string[] | null;
  /** Null for all. */
  readonly sources: readonly string[] | null;
  /** All of them must hold; null for none. */
  readonly where: readonly PropertyFilter[] | null;
  readonly order: Order;
}

/** Tells timelines apart, by the key that was asked for. What is not asked for leaves no trace, so that cursors from before a filter existed still fit. */
export function hashOf({ users: [user = ''], from, to, types, events, sources, where, order }: Filters): string {
  const isPlain = sources === null && where === null && order === 'newest';
  return isPlain
    ? timelineHash(user, from, to, types, events)
    : timelineHash(user, from, to, types, events, sources, JSON.stringify(where), order);
}

/** @throws InletError filter_invalid */
export function matcher(filters: Filters, after: Cursor | null): (copy: Copy) => boolean {
  const { from, to, types, events, sources, where, order } = filters;
  const compare = comparisonOf(order);
  const wantedTypes = types === null ? null : new Set<string>(types);
  const wantedEvents = events === null ? null : new Set<string | null>(events);
  const wantedSources = sources === null ? null : new Set(sources);
  const holds = where === null ? null : propertyTest(where);
  return ({ event }) =>
    (from === null || event.timestamp >= from) &&
    (to === null || event.timestamp < to) &&
    (after === null || compare(after, event) < 0) &&
    (wantedTypes === null || wantedTypes.has(event.type)) &&
    (wantedEvents === null || (event.type === 'track' && wantedEvents.has(event.event))) &&
    (wantedSources === null || wantedSources.has(event.source)) &&
    (holds === null || holds(event.properties));
}
