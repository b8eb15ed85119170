/** What a person's timeline shows, as its definition reads, over all rows in memory. */
import type { EventRow } from '../../schemas/columns.ts';
import { RETRACTION_TYPE } from '../../schemas/event.ts';
import { winners } from '../equivalence/timeline.model.ts';

/** Of an id so many calls that link it are looked at, the earliest. */
const LINKS_LOOKED_AT = 8;

/** Winners that nobody has taken back. */
export function shownOf(rows: readonly EventRow[]): EventRow[] {
  const counting = winners(rows);
  const taken = new Set(
    counting.filter(isRetraction).map(({ name, previous_id }) => JSON.stringify([name, previous_id])),
  );
  return counting.filter((row) => !isRetraction(row) && !taken.has(JSON.stringify([row.source, row.message_id])));
}

/** All ids that hang together with this one. */
export function keysOf(rows: readonly EventRow[], id: string): Set<string> {
  const counting = new Set(shownOf(rows));
  const calls = Map.groupBy(rows.filter(isLink), linkedId);
  const owners = [...calls].flatMap(([linked, all]) => {
    const first = all
      .sort(compareCalls)
      .slice(0, LINKS_LOOKED_AT)
      .find((call) => counting.has(call));
    return first === undefined ? [] : [[linked, first.user_id ?? ''] as const];
  });
  const keys = new Set([id]);
  for (let size = 0; size < keys.size; ) {
    size = keys.size;
    for (const pair of owners) if (pair.some((key) => keys.has(key))) for (const key of pair) keys.add(key);
  }
  return keys;
}

function isRetraction({ type }: EventRow): boolean {
  return type === RETRACTION_TYPE;
}

function isLink(row: EventRow): boolean {
  const id = linkedId(row);
  return id !== '' && row.user_id !== null && id !== row.user_id;
}

/** The id that the call says belongs to its user id. */
function linkedId({ type, anonymous_id, previous_id }: EventRow): string {
  return (type === 'identify' ? anonymous_id : type === 'alias' ? previous_id : null) ?? '';
}

function compareCalls(a: EventRow, b: EventRow): number {
  return (
    a.timestamp - b.timestamp ||
    a.received_at - b.received_at ||
    (a.pack_id === b.pack_id ? a.pack_index - b.pack_index : a.pack_id < b.pack_id ? -1 : 1)
  );
}
