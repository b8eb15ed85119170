import { env } from 'cloudflare:workers';
import { beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../platform/cloudflare/system.ts';
import { askGolden, goldenAnswers, putGolden } from '../timeline/golden.ts';
import golden from '../timeline/timeline.golden.json' with { type: 'json' };
import { graphql, makeKeys, migrate, timelineOf } from './worker.ts';

beforeAll(async () => {
  await migrate();
  await makeKeys();
  await putGolden(env.LAKE, golden);
});

it('a Worker reads the files of the timeline as Bun does', async () => {
  expect(await askGolden(env.LAKE, env.INDEX, systemClock)).toEqual(goldenAnswers());
});

it('its answers over GraphQL hold what has left the index', async () => {
  const { messageIds } = await timelineOf('ada');
  expect(messageIds.slice(0, 2)).toEqual(['m2399', 'm2398']);
  const query = '{ user(id: "größe 😀") { events { nodes { id messageId } } } }';
  const answer = await (await graphql({ query })).json();
  expect(JSON.stringify(answer)).toMatch(/"messageId":"m5".*"messageId":"whole"/);
  const id = /"id":"([^"]+)"/.exec(JSON.stringify(answer))?.[1] ?? '';
  expect(await (await graphql({ query: `{ event(id: "${id}") { messageId } }` })).json()).toEqual({
    data: { event: { messageId: 'm5' } },
  });
});
