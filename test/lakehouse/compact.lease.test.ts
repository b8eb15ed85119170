import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { openLog } from '../../lakehouse/catalog/log.ts';
import { type CentralResult, runCentral } from '../../lakehouse/compact/central.ts';
import { LEASE_MS, LeaseHeldError, withLease } from '../../lakehouse/compact/lease.ts';
import { append, CONFIG, seen, sightOf, type TestLake } from './lake.ts';
import { openLake } from './open.ts';
import { event } from './rows.ts';

function central(lake: TestLake): Promise<CentralResult> {
  const config = { ...CONFIG, reports_dir: null, reports_timezone: 'UTC' };
  return runCentral({ ...lake, config, keep: async () => new Set<string>() });
}

test('of two compactors one works, and the other one is told by whom and until when', async () => {
  const lake = openLake();
  const rows = [event({ message_id: 'a' }), event({ message_id: 'b' })];
  await append(lake, [rows]);
  const [first, second] = await Promise.allSettled([central(lake), central(lake)]);
  const refused = first.status === 'rejected' ? first : second;
  expect([first.status, second.status].sort()).toEqual(['fulfilled', 'rejected']);
  if (refused.status === 'fulfilled' || !(refused.reason instanceof LeaseHeldError)) throw new Error('not refused');
  expect(refused.reason.message).toMatch(/^.+\/\d+\/\w{8} compacts already, until 2026-03-28T06:01:00\.000Z at least$/);
  expect(await seen(lake)).toEqual(sightOf(rows));
  expect((await central(lake)).compaction.commits).toBe(0);
});

test('the lease of a holder that died is taken over after its time, not before, and the work is finished', async () => {
  const lake = openLake();
  await append(lake, [[event({ message_id: 'a' })]]);
  // A process that died: nothing of it ever goes on.
  const forever = new Promise<never>(() => {});
  const started = Promise.withResolvers<void>();
  void withLease({ ...lake, clock: { now: lake.clock.now, sleep: () => forever } }, undefined, () => {
    started.resolve();
    return forever;
  });
  await started.promise;
  await lake.clock.advance(LEASE_MS - 1);
  await expect(central(lake)).rejects.toThrow(LeaseHeldError);
  await lake.clock.advance(1);
  expect((await central(lake)).compaction.commits).toBe(1);
  expect((await openLog(lake.lake)).segments).toEqual([]);
});

test('the lease of a process of this host that has ended is taken over at once', async () => {
  const lake = openLake();
  await append(lake, [[event({ message_id: 'a' })]]);
  const ended = Bun.spawn([process.execPath, '--version'], { stdout: 'ignore' });
  await ended.exited;
  const expires_at = lake.clock.now() + LEASE_MS;
  const put = (holder: string) => lake.lake.put('leases/compaction.json', JSON.stringify({ holder, expires_at }));
  await put(`${hostname()}/${process.pid}/00000000`);
  await expect(central(lake)).rejects.toThrow(LeaseHeldError);
  await put(`another-host/${ended.pid}/00000000`);
  await expect(central(lake)).rejects.toThrow(LeaseHeldError);
  await put(`${hostname()}/${ended.pid}/00000000`);
  expect((await central(lake)).compaction.commits).toBe(1);
});

test('long work keeps its lease, and gives it back', async () => {
  const { lake, clock, random } = openLake();
  const end = Promise.withResolvers<void>();
  const long = withLease({ lake, clock, random }, undefined, () => end.promise);
  await clock.advance(10 * LEASE_MS);
  await expect(withLease({ lake, clock, random }, undefined, async () => 'second')).rejects.toThrow(LeaseHeldError);
  end.resolve();
  await long;
  expect(await withLease({ lake, clock, random }, undefined, async () => 'second')).toBe('second');
});

test('a holder that slept through its lease is stopped when another one has taken over', async () => {
  const { lake, clock, random } = openLake();
  const sleeper = withLease({ lake, clock, random }, undefined, async (signal) => {
    const stopped = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => stopped.reject(signal.reason));
    // Another one, by whose clock the lease is over.
    await withLease(
      { lake, clock: { ...clock, now: () => clock.now() + 2 * LEASE_MS }, random },
      undefined,
      async () => {},
    );
    return stopped.promise;
  });
  const outcome = expect(sleeper).rejects.toThrow('took over');
  await clock.advance(LEASE_MS);
  await outcome;
});
