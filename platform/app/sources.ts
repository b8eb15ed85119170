/** The apps that may send, without their keys. */
import type { Source } from '../../query/serve/services.ts';
import type { Database } from '../ports.ts';
import { listWriteKeys } from './keys.ts';

/** By name; of each the keys, oldest first. */
export async function listSources(control: Database): Promise<Source[]> {
  const bySource = Map.groupBy(await listWriteKeys(control), ({ source }) => source);
  return [...bySource]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, keys]) => ({
      name,
      keys: keys.map(({ kind, created_at, revoked_at }) => ({ kind, createdAt: created_at, revokedAt: revoked_at })),
    }));
}
