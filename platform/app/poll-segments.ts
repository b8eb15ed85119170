/** New segments by looking for them: for who shares no process with the consumer. */
import { SEGMENTS } from '../../lakehouse/catalog/objects.ts';
import type { Clock, ObjectStore, StoredObject } from '../ports.ts';
import type { SegmentFeed } from './follow.ts';

const LOOK_EVERY_MS = 1_000;
const HOUR_MS = 3_600_000;
/** Of an hour: until then, segments of the hour before still come. */
const LAST_HOUR_MS = 900_000;

/** Looks once a second. Segments are filed by the arrival of their oldest event: what waited for longer than that is not seen. */
export function pollSegments(lake: ObjectStore, clock: Clock, report: (fault: unknown) => void): SegmentFeed {
  return (told) => {
    let isOpen = true;
    const look = async (): Promise<void> => {
      const start = clock.now();
      let known: ReadonlySet<string> | null = null;
      while (isOpen) {
        try {
          const segments = await recentSegments(lake, clock.now());
          const before: ReadonlySet<string> | null = known;
          for (const { key, uploaded } of segments.toSorted((a, b) => a.uploaded.getTime() - b.uploaded.getTime())) {
            if (isOpen && (before === null ? uploaded.getTime() >= start : !before.has(key))) told(key);
          }
          known = new Set(segments.map(({ key }) => key));
        } catch (fault) {
          report(fault);
        }
        await clock.sleep(LOOK_EVERY_MS);
      }
    };
    void look();
    return () => {
      isOpen = false;
    };
  };
}

/** Segments of the hour, and of the one before as long as some of that still come. */
export async function recentSegments(lake: ObjectStore, now: number): Promise<StoredObject[]> {
  const segments: StoredObject[] = [];
  for (const hour of new Set([hourOf(now - LAST_HOUR_MS), hourOf(now)])) {
    let cursor: string | undefined;
    do {
      const prefix = `${SEGMENTS}${hour}/`;
      const page = await lake.list({ prefix, ...(cursor === undefined ? {} : { cursor }) });
      segments.push(...page.objects);
      cursor = page.truncated ? page.cursor : undefined;
    } while (cursor !== undefined);
  }
  return segments;
}

/** As the keys of segments have it: 2026-01-31T10. */
function hourOf(time: number): string {
  return new Date(Math.floor(time / HOUR_MS) * HOUR_MS).toISOString().slice(0, 13);
}
