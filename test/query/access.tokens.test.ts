import { expect, test } from 'vitest';
import { RateLimit } from '../../query/access/rate-limit.ts';
import { openService, type Service, URL_GRAPHQL } from './serve.support.ts';
import { openControl, T0, watched } from './support.ts';

const QUERY = '{ user(id: "ann") { id } }';

async function change(service: Service, set: string): Promise<void> {
  await service.control.prepare(`update read_tokens set ${set}`).run();
}

test('a token ends at the millisecond it expires, also while it is remembered', async () => {
  const service = await openService();
  await change(service, `expires_at = ${T0 + 1_000}`);
  expect((await service.ask(QUERY)).status).toBe(200);
  service.clock.time += 999;
  expect((await service.ask(QUERY)).status).toBe(200);
  service.clock.time += 1;
  expect(await service.ask(QUERY)).toMatchObject({ status: 401, codes: ['read_token_unknown'] });
});

test('a revoked token stops within five seconds, however long write keys are remembered', async () => {
  const service = await openService({}, { INLET_KEY_CACHE_SECONDS: '3600' });
  expect((await service.ask(QUERY)).status).toBe(200);
  await change(service, `revoked_at = ${T0}`);
  service.clock.time += 5_000;
  expect((await service.ask(QUERY)).status).toBe(401);
});

test('a token that asks often is looked up once in five seconds, and made-up tokens do not push it out', async () => {
  const { database, counter } = watched(openControl());
  const service = await openService({ control: database });
  await service.ask(QUERY);
  const bad = Array.from({ length: 10_050 }, (_, number) => number);
  for (const number of bad) {
    await service.fetch(URL_GRAPHQL, { headers: { authorization: `Bearer made-up-${number}` } });
  }
  expect(counter.reads).toBe(1 + bad.length);
  await service.ask(QUERY);
  expect(counter.reads).toBe(1 + bad.length);
});

test('a token of more than 256 characters is unknown, and nobody is asked', async () => {
  const { database, counter } = watched(openControl());
  const service = await openService({ control: database });
  const response = await service.fetch(URL_GRAPHQL, { headers: { authorization: `Bearer ${'x'.repeat(257)}` } });
  expect([response.status, counter.reads]).toEqual([401, 0]);
});

test('a token with a limit gets 429 beyond it, with when to come back, and is let in again', async () => {
  const service = await openService();
  await change(service, 'requests_per_second = 2');
  const statuses = async (times: number) =>
    Promise.all(Array.from({ length: times }, async () => (await service.ask(QUERY)).status));
  expect(await statuses(6)).toEqual([200, 200, 200, 200, 429, 429]);
  const refused = await service.ask(QUERY);
  expect(refused).toMatchObject({ codes: ['read_token_busy'] });
  expect(refused.headers.get('retry-after')).toBe('1');
  service.clock.time += 500;
  expect(await statuses(2)).toEqual([200, 429]);
});

test('each token has a bucket of its own, never fuller than two seconds of asking', () => {
  let time = T0;
  const limit = new RateLimit({ now: () => time });
  const taken = (id: string, times: number) =>
    Array.from({ length: times }, () => limit.take(id, 10)).filter(Boolean).length;
  expect([taken('a', 100), taken('b', 100)]).toEqual([20, 20]);
  time += 3_600_000;
  expect(taken('a', 100)).toBe(20);
  time -= 10_000;
  expect(taken('a', 100)).toBe(0);
});
