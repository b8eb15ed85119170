import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import worker from '../../platform/cloudflare/main.ts';
import { idsInLog, makeKeys, migrate, sendEvent, timelineOf, track, trackRequest } from './worker.ts';

beforeAll(async () => {
  await migrate();
  await makeKeys();
});

/** How long a request may be under way before its events are in the queue. */
const UNDER_WAY_MS = 10_000;

it('what was answered with a 200 goes through the queue into the log and the timeline', async () => {
  // A whole batch of the queue, so that nothing waits for more.
  const ids = Array.from({ length: 20 }, (_, position) => `m${position}`);
  const responses = await Promise.all(ids.map((id) => sendEvent(track('ada', id))));
  expect(responses.map(({ status }) => status)).toEqual(ids.map(() => 200));

  await vi.waitFor(async () => expect((await timelineOf('ada')).messageIds).toHaveLength(20), { timeout: 15_000 });
  expect((await timelineOf('ada')).messageIds.toSorted()).toEqual(ids.toSorted());
  expect((await idsInLog()).toSorted()).toEqual(ids.toSorted());
});

it('an answer is not complete up to now: other isolates have requests under way', async () => {
  expect((await env.PACKS.metrics()).backlogCount).toBe(0);
  expect((await timelineOf('ada')).asOf).toBeLessThanOrEqual(Date.now() - UNDER_WAY_MS);
});

describe('an answer is complete only up to', () => {
  const message = { body: new Uint8Array(1), contentType: 'bytes' } as const;

  async function expectAsOfOldest(queue: typeof env.PACKS): Promise<void> {
    const oldest = (await queue.metrics()).oldestMessageTimestamp?.getTime() ?? 0;
    await vi.waitFor(async () => expect((await timelineOf('ada')).asOf).toBe(oldest - UNDER_WAY_MS));
  }

  it('what waits in the queue', async () => {
    await env.PACKS.sendBatch([message]);
    await expectAsOfOldest(env.PACKS);
    await env.PACKS.sendBatch(Array.from({ length: 19 }, () => message));
    await vi.waitFor(async () => expect((await env.PACKS.metrics()).backlogCount).toBe(0), { timeout: 15_000 });
  });

  it('what waits among its dead letters', async () => {
    await env.DEAD_PACKS.sendBatch([message]);
    await expectAsOfOldest(env.DEAD_PACKS);
  });
});

it('what a sender sent before it hung up is taken all the same', async () => {
  const context = createExecutionContext();
  // Nobody waits for the answer.
  void worker.fetch(trackRequest(track('grace', 'm1')), env, context);
  await waitOnExecutionContext(context);
  expect((await env.PACKS.metrics()).backlogCount).toBe(1);
});
