/** Subscriptions of a Worker over real sockets: a reader that hangs up leaves nothing behind. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fill, subscribe } from '../support/subscribe.ts';
import { startWorkerd, type Workerd } from '../support/workerd.ts';

const SUBSCRIBERS_MAX = 100;

let workerd: Workerd;
beforeAll(async () => {
  workerd = await startWorkerd();
});
afterAll(() => workerd.stop());

test('a hundred who hang up leave room for a hundred others, at once', async () => {
  for (let round = 0; round < 2; round += 1) {
    const open = await fill(workerd, SUBSCRIBERS_MAX, 10_000);
    expect(open).toHaveLength(SUBSCRIBERS_MAX);
    expect((await subscribe(workerd)).first).toContain('live_full');
    for (const { leave } of open) leave();
  }
});
