/** Pages over D1 while everything goes on between them: the property of `test/timeline`, with less of it. */
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { exactlyOnce, exactlyOnceUnlessBeaten } from '../timeline/paging.history.ts';
import { emptied, type OpenIndex } from '../timeline/paging.world.ts';

const databases = [env.INDEX, env.CONTROL];
/** The second is whatever other database there is. */
const open: OpenIndex = (shards) => emptied(databases.slice(0, shards));

beforeAll(async () => {
  for (const database of databases) await applyD1Migrations(database, env.INDEX_MIGRATIONS);
});

it('what was there on page one comes exactly once, and what comes later at most once', async () => {
  await fc.assert(exactlyOnce(open), { numRuns: 20 });
  await fc.assert(exactlyOnceUnlessBeaten(open), { numRuns: 10 });
});

it('each database signs cursors with a secret of its own', async () => {
  const secrets: unknown[] = [];
  for (const database of databases) {
    secrets.push(...(await database.prepare('select cursor_secret from index_state').all()).results);
  }
  expect(new Set(secrets.map((row) => JSON.stringify(row))).size).toBe(2);
  expect(JSON.stringify(secrets)).toMatch(/"[\da-f]{64}"/);
});
