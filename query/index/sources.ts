/** When each source was heard last. */
import type { Database, SqlValue, Statement } from '../../platform/ports.ts';
import type { HeldEvent } from './hot-rows.ts';
import { inserts } from './inserts.ts';

/** A row for each source, however many events there are; none where the index knows of later ones. */
export function insertArrivals(
  database: Database,
  groups: Iterable<{ readonly held: readonly HeldEvent[] }>,
): Statement[] {
  const newest = new Map<string, number>();
  for (const { held } of groups) {
    for (const { row } of held) {
      if (row.received_at > (newest.get(row.source) ?? -1)) newest.set(row.source, row.received_at);
    }
  }
  const values: SqlValue[] = [...newest].flat();
  return inserts(database, '(?,?)', intoSources, values);
}

function intoSources(rows: string): string {
  return `insert into sources values ${rows}
    on conflict do update set last_seen = excluded.last_seen where excluded.last_seen > last_seen`;
}
