/** How far everything has come, from what is cheap to ask: no file of the table is opened. */
import { openLog } from '../../lakehouse/catalog/log.ts';
import { pendingStatus } from '../../lakehouse/operate/status.ts';
import type { Status } from '../../query/serve/services.ts';
import type { Ports } from '../ports.ts';

export interface StatusPorts extends Pick<Ports, 'lake' | 'queue'> {
  readonly asOf: () => Promise<number>;
}

export async function readStatus({ lake, queue, asOf }: StatusPorts): Promise<Status> {
  const [complete, waiting, log] = [await asOf(), await queue.metrics(), await openLog(lake)];
  const { metadata, snapshot, segments } = log;
  const { pending_segments, pending_bytes } = pendingStatus(segments);
  return {
    asOf: complete,
    queue: {
      packs: waiting.backlogCount,
      bytes: waiting.backlogBytes,
      oldest: waiting.backlogCount === 0 ? null : (waiting.oldestMessageTimestamp?.getTime() ?? null),
    },
    lake: {
      snapshot: snapshot.version,
      committedAt: metadata === null ? null : snapshot.committed_at,
      asOf: snapshot.as_of,
      ...snapshot.totals,
      pendingSegments: pending_segments,
      pendingBytes: pending_bytes,
    },
  };
}
