import type { HotIndex } from '../../platform/ports.ts';
import { InletError } from '../../schemas/errors.ts';
import type { HotEvent } from '../index/hot-events.ts';
import { identityOf } from '../index/identity.ts';
import type { TimelineSource } from '../timeline/files.ts';
import { decodeOpaque, encodeOpaque } from './opaque.ts';
import { readStores, scanOf } from './stores.ts';
import { keepWinners } from './winners.ts';

/** An event that is not among this many rows of its user around its time is given up. */
const ROWS_MAX = 50_000;

/** An id that needs no index: it says where the event lies, which is under its own key, whoever that key belongs to. */
export function eventId({ userId, anonymousId, timestamp, source, messageId }: HotEvent): string {
  return encodeOpaque([userId ?? anonymousId ?? '', timestamp, source, messageId]);
}

/**
 * The event of an id that `eventId` made; null where there is none, or none any more because an earlier copy of it came.
 *
 * @throws InletError id_invalid, index_away; query_too_costly where too many events of the user lie in one hour.
 */
export async function readEvent(
  database: HotIndex,
  id: string,
  files: TimelineSource | null = null,
): Promise<{ user: string; event: HotEvent } | null> {
  const { user, timestamp, source, messageId } = decodeEventId(id);
  const identity = identityOf(source, messageId);
  return readStores(
    database,
    files,
    () => null,
    [user],
    async () => [user],
    async (stores, users) => {
      const scan = scanOf(stores, users, { newest: timestamp, oldest: timestamp }, 'newest');
      let rows = 0;
      for (let chunk = await scan.next(); chunk !== null; chunk = await scan.next()) {
        const copies = chunk.copies
          .filter(
            ({ event }) => event.timestamp === timestamp && event.source === source && event.messageId === messageId,
          )
          .map((copy) => ({ ...copy, identity }));
        const [winner] = await keepWinners(database, stores.moment, copies);
        if (winner !== undefined) return { user, event: winner.event };
        rows += chunk.rows;
        if (rows >= ROWS_MAX) throw new InletError('query_too_costly');
      }
      return null;
    },
  );
}

function decodeEventId(id: string): { user: string; timestamp: number; source: string; messageId: string } {
  const [user, timestamp, source, messageId, ...rest] = decodeOpaque(id) ?? [];
  if (
    typeof user !== 'string' ||
    typeof timestamp !== 'number' ||
    typeof source !== 'string' ||
    typeof messageId !== 'string' ||
    rest.length > 0
  ) {
    throw new InletError('id_invalid');
  }
  return { user, timestamp, source, messageId };
}
