import type { Database } from '../../platform/ports.ts';
import { select } from './select.ts';

/**
 * When the newest event of each of these sources arrived, epoch milliseconds; null where none did.
 *
 * @throws InletError index_away
 */
export async function readLastSeen(database: Database, sources: readonly string[]): Promise<(number | null)[]> {
  const rows = await select<{ source: string; last_seen: number }>(
    database,
    'select source, last_seen from sources where source in (select value from json_each(?))',
    JSON.stringify(sources),
  );
  const known = new Map(rows.map(({ source, last_seen }) => [source, last_seen]));
  return sources.map((source) => known.get(source) ?? null);
}
