/** Rows of the log as they come in, by whichever feed. */
import { describe, expect, it, vi } from 'vitest';
import { appendSegment } from '../../lakehouse/append/append.ts';
import { followLog, type SegmentFeed, shared } from '../../platform/app/follow.ts';
import { pollSegments } from '../../platform/app/poll-segments.ts';
import type { Clock, ObjectStore } from '../../platform/ports.ts';
import { virtualClock } from '../../platform/sim/clock.ts';
import { gzipCompressor } from '../../platform/sim/compressor.ts';
import { memoryStore } from '../../platform/sim/object-store.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { makeRow, pack } from '../query/support.ts';

/** Five past a full hour. */
const NOW = Date.UTC(2026, 2, 28, 6, 5);
const HOUR_MS = 3_600_000;

const ids = (rows: readonly EventRow[]): string[] => rows.map(({ message_id }) => message_id);

async function append(lake: ObjectStore, number: number, receivedAt = NOW): Promise<string> {
  const row = makeRow({ message_id: `m${number}`, pack_id: pack(number), received_at: receivedAt });
  return appendSegment(lake, [row], [pack(number)], gzipCompressor);
}

describe('who follows', () => {
  function feedByHand() {
    const told = new Set<(key: string) => void>();
    const feed: SegmentFeed = (tell) => {
      told.add(tell);
      return () => told.delete(tell);
    };
    return {
      told,
      feed,
      tell: (key: string) => {
        for (const one of [...told]) one(key);
      },
    };
  }

  it('gets the rows of each segment in the order of the feed; one that cannot be read is reported', async () => {
    const lake = memoryStore(virtualClock(NOW));
    const { feed, tell, told } = feedByHand();
    const report = vi.fn();
    const got: string[] = [];
    const end = followLog(
      lake,
      feed,
      report,
    )(
      (rows) => got.push(...ids(rows)),
      () => got.push('lost'),
    );
    const keys = [await append(lake, 2), 'segments/none', await append(lake, 1)];
    for (const key of keys) tell(key);
    await vi.waitFor(() => expect(got).toEqual(['m2', 'm1']));
    expect(report).toHaveBeenCalledOnce();
    end();
    expect(told.size).toBe(0);
    tell(await append(lake, 3));
    expect(got).toEqual(['m2', 'm1']);
  });

  it('is told when more segments wait than it may have', async () => {
    const { feed, tell, told } = feedByHand();
    const lost = vi.fn();
    followLog(memoryStore(virtualClock(NOW)), feed, () => {})(() => {}, lost);
    for (let number = 0; number < 300; number += 1) tell(`segments/${number}`);
    expect(lost).toHaveBeenCalledOnce();
    expect(told.size).toBe(0);
  });

  it('shares one reading with others, which begins with the first and ends with the last', async () => {
    const lake = memoryStore(virtualClock(NOW));
    const { feed, tell, told } = feedByHand();
    let reads = 0;
    const counted: ObjectStore = {
      ...lake,
      get: (key, options) => {
        reads += 1;
        return lake.get(key, options);
      },
    };
    const follow = shared(followLog(counted, feed, () => {}));
    const got: string[] = [];
    const ends = [1, 2, 3].map((reader) =>
      follow(
        (rows) => got.push(`${reader} ${ids(rows)}`),
        () => {},
      ),
    );
    expect(told.size).toBe(1);
    tell(await append(lake, 1));
    await vi.waitFor(() => expect(got).toEqual(['1 m1', '2 m1', '3 m1']));
    expect(reads).toBe(1);
    ends[0]?.();
    tell(await append(lake, 2));
    await vi.waitFor(() => expect(got.slice(3)).toEqual(['2 m2', '3 m2']));
    for (const end of ends) end();
    expect(told.size).toBe(0);
    follow(
      () => {},
      () => {},
    )();
    expect(told.size).toBe(0);
  });
});

describe('who looks for segments', () => {
  /** Sleeps end when the test says so. */
  function steppedClock() {
    const time = virtualClock(NOW);
    const sleepers: (() => void)[] = [];
    const clock: Clock = {
      now: () => time.now(),
      sleep: () => new Promise((resolve) => sleepers.push(resolve)),
    };
    const step = async (): Promise<void> => {
      await vi.waitFor(() => expect(sleepers.length).toBeGreaterThan(0));
      for (const wake of sleepers.splice(0)) wake();
      await vi.waitFor(() => expect(sleepers.length).toBeGreaterThan(0));
    };
    return { time, clock, sleepers, step };
  }

  it('finds each new one once, of this hour and of the end of the one before, and none from before it began', async () => {
    const { time, clock, step } = steppedClock();
    const lake = memoryStore(time);
    await append(lake, 1);
    await time.advance(1);
    const told: string[] = [];
    const end = pollSegments(lake, clock, () => {})((key) => told.push(key));
    await step();
    expect(told).toEqual([]);
    const second = await append(lake, 2);
    const third = await append(lake, 3, NOW - HOUR_MS / 6);
    await step();
    await step();
    expect(told.toSorted()).toEqual([second, third].toSorted());
    end();
  });

  it('reports a store that fails, and goes on', async () => {
    const { time, clock, step } = steppedClock();
    const lake = memoryStore(time);
    let fails = true;
    const report = vi.fn();
    const flaky: ObjectStore = {
      ...lake,
      list: (options) => (fails ? Promise.reject(new Error('away')) : lake.list(options)),
    };
    const told: string[] = [];
    pollSegments(flaky, clock, report)((key) => told.push(key));
    await step();
    expect(report).toHaveBeenCalled();
    fails = false;
    const key = await append(lake, 1);
    await step();
    expect(told).toEqual([key]);
  });

  it('ends with who asked', async () => {
    const { time, clock, sleepers, step } = steppedClock();
    let lists = 0;
    const lake = memoryStore(time);
    const counted: ObjectStore = {
      ...lake,
      list: (options) => {
        lists += 1;
        return lake.list(options);
      },
    };
    const end = pollSegments(counted, clock, () => {})(() => {});
    await step();
    end();
    const before = lists;
    for (const wake of sleepers.splice(0)) wake();
    await Promise.resolve();
    expect([lists, sleepers.length]).toEqual([before, 0]);
  });
});
