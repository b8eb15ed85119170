/** Rows of the log as they come in: new segments are heard of, read and told on. */
import { readRows } from '../../lakehouse/append/read.ts';
import type { Follow } from '../../query/live/live.ts';
import type { ObjectStore } from '../ports.ts';

/** Tells of the key of each segment that is put into the log from now on. @returns ends it */
export type SegmentFeed = (told: (key: string) => void) => () => void;

/** Segments that wait to be read; beyond, rows come faster than they can be read. */
const WAITING_MAX = 200;

/** @param report told of segments that could not be read */
export function followLog(lake: ObjectStore, feed: SegmentFeed, report: (fault: unknown) => void): Follow {
  return (receive, lost) => {
    const waiting: string[] = [];
    let isOpen = true;
    let isReading = false;
    const end = (): void => {
      isOpen = false;
      waiting.length = 0;
      stop();
    };
    const readAll = async (): Promise<void> => {
      isReading = true;
      for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) {
        try {
          for await (const rows of readRows(lake, key)) {
            if (!isOpen) break;
            receive(rows);
          }
        } catch (fault) {
          report(fault);
        }
      }
      isReading = false;
    };
    const stop = feed((key) => {
      if (!isOpen) return;
      waiting.push(key);
      if (waiting.length > WAITING_MAX) {
        end();
        lost();
      } else if (!isReading) void readAll();
    });
    return end;
  };
}

/** All who follow share one reading. Not for workerd, where what one request began no other may wait for: isolate-tail.ts. */
export function shared(follow: Follow): Follow {
  const followers = new Set<{ receive: Parameters<Follow>[0]; lost: () => void }>();
  let stop: (() => void) | null = null;
  return (receive, lost) => {
    const follower = { receive, lost };
    followers.add(follower);
    stop ??= follow(
      (rows) => {
        for (const one of [...followers]) one.receive(rows);
      },
      () => {
        const all = [...followers];
        followers.clear();
        stop = null;
        for (const one of all) one.lost();
      },
    );
    return () => {
      followers.delete(follower);
      if (followers.size > 0) return;
      stop?.();
      stop = null;
    };
  };
}
