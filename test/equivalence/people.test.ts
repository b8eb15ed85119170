/** One person under several ids, over HTTP: any of them gives the same timeline, while links come and are taken back. */
import { afterEach, expect, it } from 'vitest';
import { rebuildNow } from '../../platform/app/tend.ts';
import { isJsonObject } from '../../schemas/event.ts';
import { type JoinedApp, openJoined, type Source } from './joined.ts';
import { timelineOf, timelinePage } from './views.ts';

let app: JoinedApp;
afterEach(() => app.close());

async function send(source: Source, ...events: object[]): Promise<void> {
  for (const event of events) {
    await app.sim.clock.advance(1_000);
    expect((await app.batch(source, [event])).status).toBe(200);
  }
  await app.drain();
}

const page = (messageId: string, ids: object): object => ({ type: 'page', name: 'Home', messageId, ...ids });

/** Message ids, newest first. */
async function idsOf(id: string): Promise<string[]> {
  return (await timelineOf(app, id)).map((label) => label.split(' ').slice(2).join(' '));
}

async function profileOf(id: string): Promise<unknown> {
  const answer = await app.ask('query ($id: ID!) { user(id: $id) { profile { traits } } }', { id });
  return isJsonObject(answer) && isJsonObject(answer.user) ? answer.user.profile : null;
}

it('any id of a person gives the same timeline and profile, a merge is undone, and a rebuild changes nothing', async () => {
  app = await openJoined();
  await send(
    'shop',
    page('visit', { anonymousId: 'laptop' }),
    { type: 'identify', messageId: 'login', userId: 'ann', anonymousId: 'laptop', traits: { plan: 'free' } },
    page('later', { userId: 'ann', anonymousId: 'laptop' }),
    { type: 'identify', messageId: 'shared', userId: 'bob', anonymousId: 'laptop', traits: { plan: 'none' } },
    { type: 'identify', messageId: 'renamed', userId: 'ann@example.com', traits: { plan: 'pro' } },
    { type: 'alias', messageId: 'merge', userId: 'ann@example.com', previousId: 'ann' },
  );
  const whole = ['merge', 'renamed', 'later', 'login', 'visit'];
  const expectMerged = async (): Promise<void> => {
    for (const id of ['laptop', 'ann', 'ann@example.com']) {
      expect(await idsOf(id)).toEqual(whole);
      expect(await profileOf(id)).toEqual({ traits: { plan: 'pro' } });
    }
    expect(await idsOf('bob')).toEqual(['shared']);
  };
  await expectMerged();
  await app.central();
  await rebuildNow(app.ports, () => {});
  await expectMerged();

  const properties = { message_id: 'merge', source: 'shop' };
  await send('server', { type: 'track', event: 'Event Retracted', messageId: 'r', userId: 'support', properties });
  const expectParted = async (): Promise<void> => {
    for (const id of ['laptop', 'ann']) {
      expect(await idsOf(id)).toEqual(['later', 'login', 'visit']);
      expect(await profileOf(id)).toEqual({ traits: { plan: 'free' } });
    }
    expect(await idsOf('ann@example.com')).toEqual(['renamed']);
    expect(await idsOf('support')).toEqual([]);
  };
  await expectParted();
  await rebuildNow(app.ports, () => {});
  await expectParted();
});

it('an event of a person is found by its id, under whichever of the keys it lies', async () => {
  app = await openJoined();
  await send('shop', page('visit', { anonymousId: 'laptop' }), {
    type: 'identify',
    messageId: 'login',
    userId: 'ann',
    anonymousId: 'laptop',
  });
  const answer = await app.ask('{ user(id: "ann") { events { nodes { id messageId } } } }');
  const ids = [...JSON.stringify(answer).matchAll(/"id":"([^"]+)","messageId":"([^"]+)"/g)];
  expect(ids).toHaveLength(2);
  for (const [, id, messageId] of ids) {
    expect(await app.ask('query ($id: ID!) { event(id: $id) { messageId } }', { id })).toEqual({
      event: { messageId },
    });
  }
});

it('who is joined or parted between pages changes nothing on the pages that follow', async () => {
  app = await openJoined();
  const visits = Array.from({ length: 6 }, (_, visit) =>
    page(`visit ${visit}`, { anonymousId: visit % 2 ? 'phone' : 'laptop' }),
  );
  const login = { type: 'identify', messageId: 'login', userId: 'ann', anonymousId: 'laptop' };
  await send('shop', ...visits, login);
  const first = await timelinePage(app, 'ann', 2, null);
  expect(first.nodes.map(({ messageId }) => messageId)).toEqual(['login', 'visit 4']);

  const properties = { message_id: 'login', source: 'shop' };
  await send('server', { type: 'track', event: 'Event Retracted', messageId: 'r', userId: 'support', properties });
  await send('shop', { type: 'identify', messageId: 'other', userId: 'ann', anonymousId: 'phone' });
  const rest = await timelinePage(app, 'ann', 9, first.endCursor);
  expect(rest.nodes.map(({ messageId }) => messageId)).toEqual(['visit 2', 'visit 0']);
  expect(await idsOf('ann')).toEqual(['other', 'visit 5', 'visit 3', 'visit 1']);
});
