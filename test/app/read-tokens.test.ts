import { describe, expect, test } from 'vitest';
import {
  createReadToken,
  listReadTokens,
  readTokenSql,
  revokeReadToken,
  rotateReadToken,
} from '../../platform/app/read-tokens.ts';
import { sqliteDatabase } from '../../platform/bun/sqlite-database.ts';
import { systemRandom } from '../../platform/bun/system.ts';
import { readTokens } from '../../query/serve/tokens.ts';
import first from '../../schemas/control/0001_init.sql';
import second from '../../schemas/control/0002_read_token_scopes.sql';
import { SCOPES } from '../../schemas/scopes.ts';

const T0 = Date.UTC(2026, 0, 31);
const HOUR_MS = 3_600_000;

function open() {
  const control = sqliteDatabase(':memory:');
  control.execute(first);
  control.execute(second);
  const clock = { time: T0, now: () => clock.time, sleep: async () => {} };
  const ports = { control, clock, random: systemRandom };
  // Asks anew each time.
  const find = (token: string) => readTokens(control, clock, 0).find(token);
  return { ports, clock, find };
}

describe('a read token', () => {
  test('is stored as a hash and four characters, and found with all it was given', async () => {
    const { ports, find } = open();
    const token = await createReadToken(ports, { name: 'a', scopes: ['timeline', 'reports'], requests_per_second: 5 });
    expect(await find(token)).toMatchObject({
      name: 'a',
      scopes: new Set(['timeline', 'reports']),
      requests_per_second: 5,
    });
    const rows = await listReadTokens(ports.control);
    expect(rows).toMatchObject([{ last_four: token.slice(-4), expires_at: null, revoked_at: null }]);
    expect(JSON.stringify(rows)).not.toContain(token.slice(3, -4));
  });

  test('that somebody chose shows nothing of itself, and made again it changes nothing', async () => {
    const { ports } = open();
    await createReadToken(ports, { name: 'preset', preset: 'short' });
    await createReadToken(ports, { name: 'other', preset: 'short', scopes: [] });
    expect(await listReadTokens(ports.control)).toMatchObject([
      { name: 'preset', last_four: null, scopes: SCOPES.join(' ') },
    ]);
  });

  test('made by SQL text is the same as one made here', async () => {
    const { ports, find } = open();
    const { secret, sql } = readTokenSql(ports, { name: "Bob's", scopes: ['admin'], expires_at: T0 + 1 });
    ports.control.execute(sql);
    expect(await find(secret)).toMatchObject({ name: "Bob's", scopes: new Set(['admin']) });
  });

  test('from before scopes keeps all it could do', async () => {
    const control = sqliteDatabase(':memory:');
    control.execute(first);
    control.execute(`insert into read_tokens (token_sha256, name, created_at) values ('aa', 'old', 1)`);
    control.execute(second);
    expect(await listReadTokens(control)).toMatchObject([{ name: 'old', scopes: SCOPES.join(' '), last_four: null }]);
    control.execute(`insert into read_tokens (token_sha256, name, created_at) values ('bb', 'new', 1)`);
    expect(await listReadTokens(control)).toMatchObject([{}, { name: 'new', scopes: '' }]);
  });
});

describe('rotation', () => {
  test('gives a new token of the same rights; the old one goes on for the overlap and then ends', async () => {
    const { ports, clock, find } = open();
    const old = await createReadToken(ports, { name: 'a', scopes: ['reports'], requests_per_second: 5 });
    const token = await rotateReadToken(ports, old, HOUR_MS);
    if (token === null) throw new Error('not rotated');
    const rights = { name: 'a', scopes: new Set(['reports']), requests_per_second: 5 };
    expect([await find(old), await find(token)]).toMatchObject([rights, rights]);
    clock.time += HOUR_MS;
    expect([await find(old), await find(token)]).toMatchObject([null, rights]);
  });

  test('by its id; it makes no token live longer, and what is over stays over', async () => {
    const { ports, clock, find } = open();
    const old = await createReadToken(ports, { name: 'a', expires_at: T0 + 10 });
    const id = (await find(old))?.id ?? '';
    expect(await rotateReadToken(ports, id, HOUR_MS)).not.toBeNull();
    clock.time += 10;
    expect(await find(old)).toBeNull();
    expect(await rotateReadToken(ports, id, HOUR_MS)).toBeNull();
    expect(await rotateReadToken(ports, 'nobody', HOUR_MS)).toBeNull();
  });
});

test('revoking: by the token, its hash or its id, once', async () => {
  const { ports, find } = open();
  for (const nameOf of [
    (token: string) => token,
    async (token: string) => (await find(token))?.id ?? '',
    async () => (await listReadTokens(ports.control)).at(-1)?.token_sha256 ?? '',
  ]) {
    ports.clock.time += 1;
    const token = await createReadToken(ports, { name: 'a' });
    const which = await nameOf(token);
    expect(await revokeReadToken(ports, which)).toBe(true);
    expect(await revokeReadToken(ports, which)).toBe(false);
    expect(await find(token)).toBeNull();
  }
  expect(await revokeReadToken(ports, '')).toBe(false);
});
