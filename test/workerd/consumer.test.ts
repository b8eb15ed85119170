import { reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { D1Database, D1PreparedStatement } from '@cloudflare/workers-types';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { requestRebuild } from '../../platform/app/tend.ts';
import worker, { type Bindings } from '../../platform/cloudflare/main.ts';
import { deliver, idsInLog, keysUnder, makeKeys, makePack, migrate, runCron, timelineOf, track } from './worker.ts';

beforeEach(async () => {
  await reset();
  await migrate();
  await makeKeys();
});

const SEGMENTS = 'segments/';
const MARKERS = 'reindex/';
const REQUESTS = 'requests/';

/** These bindings with one of them replaced. */
function bindingsWith(replaced: Partial<Bindings>): Bindings {
  const { LAKE, CONTROL, INDEX, CACHE, PACKS, DEAD_PACKS } = env;
  return { LAKE, CONTROL, INDEX, CACHE, PACKS, DEAD_PACKS, ...replaced };
}

describe('a batch of the queue', () => {
  const packs = ['a', 'b', 'c'].map((letter, number) =>
    makePack(number, [track('ada', letter), track('ada', `${letter}2`)]),
  );
  const ids = ['a', 'a2', 'b', 'b2', 'c', 'c2'];

  it('is acknowledged as a whole once it is one segment', async () => {
    expect(await deliver(packs)).toMatchObject({
      outcome: 'ok',
      explicitAcks: ['message-0', 'message-1', 'message-2'],
      retryMessages: [],
    });
    expect(await keysUnder(SEGMENTS)).toHaveLength(1);
    expect((await timelineOf('ada')).messageIds.toSorted()).toEqual(ids);
  });

  it('that comes again, in any order, changes nothing', async () => {
    await deliver(packs);
    await deliver(packs.toReversed());
    expect(await keysUnder(SEGMENTS)).toHaveLength(1);
    expect((await idsInLog()).toSorted()).toEqual(ids);
    expect((await timelineOf('ada')).messageIds.toSorted()).toEqual(ids);
  });

  it('that comes again in other groups, or twice in one, shows every event once', async () => {
    const [one = [], two = [], three = []] = packs.map((pack) => [pack]);
    await deliver(packs);
    await deliver([...two, ...one]);
    await deliver([...three, ...three]);
    expect(await keysUnder(SEGMENTS)).toHaveLength(3);
    expect(await idsInLog()).toHaveLength(12);
    expect((await timelineOf('ada')).messageIds.toSorted()).toEqual(ids);
  });

  it('with a pack that nobody can read is acknowledged, the pack kept as a failed event', async () => {
    const result = await deliver([...packs, new Uint8Array([1, 2, 3])]);
    expect(result.explicitAcks).toHaveLength(4);
    expect(await idsInLog()).toHaveLength(7);
    expect((await timelineOf('ada')).messageIds.toSorted()).toEqual(ids);
  });

  it('that the log does not take is to be delivered again, later each time', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    const put = () => Promise.reject(new Error('R2 is away'));
    const LAKE = new Proxy(env.LAKE, { get: (lake, name) => (name === 'put' ? put : Reflect.get(lake, name)) });
    expect(await deliver(packs, bindingsWith({ LAKE }))).toMatchObject({
      outcome: 'ok',
      explicitAcks: [],
      retryMessages: [{ msgId: 'message-0' }, { msgId: 'message-1' }, { msgId: 'message-2' }],
    });
    expect((await timelineOf('ada')).messageIds).toEqual([]);

    // What stands for a batch in the test runtime forgets the delays.
    const delays: unknown[] = [];
    for (const attempts of [1, 5]) {
      const retry = (options?: { delaySeconds?: number }) => delays.push(options?.delaySeconds);
      const messages = packs.map((body, id) => ({ id: String(id), body, attempts, retry, ack: () => undefined }));
      await worker.queue({ queue: 'inlet-packs', messages }, bindingsWith({ LAKE }));
    }
    expect(delays).toEqual([2, 2, 2, 32, 32, 32]);
  });

  it('is stored where the settings are wrong too', async () => {
    const wrong = { ...bindingsWith({}), INLET_LATE_DAYS: 'many' };
    expect((await deliver(packs, wrong)).explicitAcks).toHaveLength(3);
    expect((await timelineOf('ada')).messageIds.toSorted()).toEqual(ids);
  });

  it('of thousands of users stays within what D1 takes', async () => {
    const { INDEX, seen } = watchDatabase();
    const large = Array.from({ length: 20 }, (_, pack) =>
      makePack(
        pack,
        Array.from({ length: 250 }, (_, event) => ({
          type: event % 5 === 0 ? 'identify' : 'track',
          event: 'Clicked',
          userId: `user-${pack}-${event}`,
          messageId: `m-${pack}-${event}`,
          traits: { plan: 'pro' },
        })),
      ),
    );
    expect((await deliver(large, bindingsWith({ INDEX }))).explicitAcks).toHaveLength(20);
    for (const user of ['user-0-0', 'user-19-249']) expect((await timelineOf(user)).messageIds).toHaveLength(1);
    expect((await env.INDEX.prepare('select count(*) as events from identities_a').all()).results).toEqual([
      { events: 5_000 },
    ]);
    // https://developers.cloudflare.com/d1/platform/limits: values, bytes of SQL, calls of an invocation.
    expect(Math.max(...seen.values)).toBeLessThanOrEqual(100);
    expect(Math.max(...seen.sql)).toBeLessThan(100_000);
    expect(seen.batches.length).toBeLessThan(50);
    expect(Math.max(...seen.batches)).toBeLessThan(1_000);
  });
});

/** The hot index, counting the values of each statement, the characters of its SQL, and the statements of each batch. */
function watchDatabase(): { INDEX: D1Database; seen: Record<'values' | 'sql' | 'batches', number[]> } {
  const seen = { values: [0], sql: [0], batches: [0] };
  const { INDEX } = env;
  const prepare = (sql: string) => {
    seen.sql.push(sql.length);
    const statement = INDEX.prepare(sql);
    const bind = statement.bind.bind(statement);
    return Object.assign(statement, {
      bind: (...values: unknown[]) => {
        seen.values.push(values.length);
        return bind(...values);
      },
    });
  };
  const batch = (statements: D1PreparedStatement[]) => {
    seen.batches.push(statements.length);
    return INDEX.batch(statements);
  };
  const replaced = new Map<string | symbol, unknown>([
    ['prepare', prepare],
    ['batch', batch],
  ]);
  return {
    INDEX: new Proxy(INDEX, { get: (target, name) => replaced.get(name) ?? Reflect.get(target, name) }),
    seen,
  };
}

describe('while the hot index fails', () => {
  beforeEach(async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    await env.INDEX.exec('alter table index_state rename to index_state_away');
  });

  const recover = () => env.INDEX.exec('alter table index_state_away rename to index_state');

  it('every batch is one segment and one marker, and the next cron run shows its events', async () => {
    const [a, b] = [makePack(1, [track('ada', 'a')]), makePack(2, [track('ada', 'b')])];
    for (const pack of [a, b, b]) expect((await deliver([pack])).explicitAcks).toHaveLength(1);
    expect(await keysUnder(SEGMENTS)).toHaveLength(2);
    expect(await keysUnder(MARKERS)).toHaveLength(2);

    await expect(runCron()).rejects.toThrow();
    expect(await keysUnder(MARKERS)).toHaveLength(2);

    await recover();
    await runCron();
    expect(await keysUnder(MARKERS)).toEqual([]);
    expect(await keysUnder(SEGMENTS)).toHaveLength(2);
    expect((await timelineOf('ada')).messageIds.toSorted()).toEqual(['a', 'b']);
  });

  it('answers are complete only up to the oldest event that waits for it', async () => {
    const receivedAt = Date.now() - 3_600_000;
    await deliver([makePack(1, [track('ada', 'a')], receivedAt)]);
    await recover();
    await vi.waitFor(async () => expect((await timelineOf('ada')).asOf).toBe(receivedAt));
  });
});

describe('the cron', () => {
  it('performs a rebuild that was asked for, and takes the request away', async () => {
    await deliver([makePack(1, [track('ada', 'a'), track('ada', 'b')])]);
    await deliver([makePack(2, [track('ada', 'b'), track('ada', 'c')])]);
    await env.INDEX.exec('delete from events_a');
    expect((await timelineOf('ada')).messageIds).toEqual([]);

    await requestRebuild(env.LAKE);
    expect(await keysUnder(REQUESTS)).toHaveLength(1);
    await runCron();
    expect(await keysUnder(REQUESTS)).toEqual([]);
    expect((await timelineOf('ada')).messageIds.toSorted()).toEqual(['a', 'b', 'c']);
    expect((await env.INDEX.prepare('select active, building from index_state').all()).results).toEqual([
      { active: 'b', building: null },
    ]);
  });

  it('without anything to do changes nothing', async () => {
    await deliver([makePack(1, [track('ada', 'a')])]);
    await runCron();
    expect((await env.INDEX.prepare('select active from index_state').all()).results).toEqual([{ active: 'a' }]);
    expect((await timelineOf('ada')).messageIds).toEqual(['a']);
  });
});
