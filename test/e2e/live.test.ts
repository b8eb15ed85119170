/** Live subscriptions over a real socket. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sendBatch } from '../support/client.ts';
import { type RunningInlet, startInlet, temporaryFolder } from '../support/inlet.ts';
import { fill, subscribe } from '../support/subscribe.ts';

const SUBSCRIBERS_MAX = 100;
/** From the answer to the app until the event is with whoever subscribed. */
const SEEN_MS_MAX = 2_000;
/** From hanging up until others have the place. */
const ROOM_MS_MAX = 10_000;

const folder = temporaryFolder('live');
let inlet: RunningInlet;

beforeAll(async () => {
  inlet = await startInlet({ dataDir: folder.path, env: { INLET_CENTRAL: 'off' } });
}, 40_000);
afterAll(async () => {
  await inlet.stop();
  folder.remove();
});

it('an event is seen within two seconds of its acknowledgement, by those it is for', async () => {
  const wanted = await subscribe(
    inlet,
    'subscription { events(user: "ada", types: [track]) { messageId user { id } } }',
  );
  const other = await subscribe(inlet, 'subscription { events(user: "bob") { messageId } }');
  let seen = '';
  for (let round = 0; round < 3; round += 1) {
    const messageId = `live-${round}`;
    const { status } = await sendBatch(inlet, [{ type: 'track', event: 'Clicked', userId: 'ada', messageId }]);
    expect(status).toBe(200);
    const acknowledged = performance.now();
    while (!seen.includes(messageId)) seen += await wanted.read();
    expect(performance.now() - acknowledged).toBeLessThan(SEEN_MS_MAX);
  }
  expect(seen).toContain('"user":{"id":"ada"}');
  await sendBatch(inlet, [{ type: 'page', userId: 'bob', messageId: 'bob-1' }]);
  let heard = other.first;
  while (!heard.includes('bob-1')) heard += await other.read();
  expect(heard).not.toContain('live-');
  wanted.leave();
  other.leave();
});

it('there are a hundred at most, and whoever goes away leaves room', async () => {
  for (let round = 0; round < 2; round += 1) {
    const open = await fill(inlet, SUBSCRIBERS_MAX, ROOM_MS_MAX);
    expect(open).toHaveLength(SUBSCRIBERS_MAX);
    expect((await subscribe(inlet)).first).toContain('live_full');
    for (const { leave } of open) leave();
  }
});
