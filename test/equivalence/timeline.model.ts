/** The timeline as its definition reads, over all rows in memory. */
import type { EventRow } from '../../schemas/columns.ts';

export interface Wanted {
  readonly user: string;
  readonly from: number | null;
  readonly to: number | null;
  readonly types: readonly string[] | null;
  readonly events: readonly string[] | null;
}

export function modelTimeline(rows: readonly EventRow[], wanted: Wanted): string[] {
  return winners(rows)
    .filter(
      (row) =>
        row.user_key === wanted.user &&
        (wanted.from === null || row.timestamp >= wanted.from) &&
        (wanted.to === null || row.timestamp < wanted.to) &&
        (wanted.types === null || wanted.types.includes(row.type)) &&
        (wanted.events === null || (row.type === 'track' && wanted.events.includes(row.event ?? ''))),
    )
    .sort((a, b) => b.timestamp - a.timestamp || compare(a.source, b.source) || compare(a.message_id, b.message_id))
    .map((row) => label(row.timestamp, row.source, row.message_id));
}

export function winners(rows: readonly EventRow[]): EventRow[] {
  const best = new Map<string, EventRow>();
  for (const row of rows) {
    if (row.verdict === 'rejected') continue;
    const identity = `${row.source}\0${row.message_id}`;
    const other = best.get(identity);
    if (other === undefined || isEarlier(row, other)) best.set(identity, row);
  }
  return [...best.values()];
}

export function label(timestamp: number, source: string, messageId: string): string {
  return `${timestamp} ${source} ${messageId}`;
}

function isEarlier(a: EventRow, b: EventRow): boolean {
  return (a.received_at - b.received_at || compare(a.pack_id, b.pack_id) || a.pack_index - b.pack_index) < 0;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
