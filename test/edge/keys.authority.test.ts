import { describe, expect, it } from 'vitest';
import { keyStore } from '../../edge/accept/keys.ts';
import type { KeyValue, Statement } from '../../platform/ports.ts';
import { simPorts } from '../../platform/sim/ports.ts';

/** The real control database, which counts how often it is asked and can go away; and a cache that can be emptied. */
async function open() {
  const { control, clock } = await simPorts();
  const add = async (key: string): Promise<unknown> =>
    control
      .prepare("insert into write_keys (write_key, source, kind, created_at) values (?, 'shop', 'public', 1)")
      .bind(key)
      .run();
  await add('good');
  const state = { asked: 0, away: false };
  const counted = {
    prepare(sql: string): Statement {
      state.asked += 1;
      if (state.away) throw new Error('D1 is away');
      return control.prepare(sql);
    },
    batch: control.batch,
  };
  const stored = new Map<string, { value: string; seconds: number | undefined }>();
  const cache: KeyValue = {
    get: async (key) => stored.get(key)?.value ?? null,
    put: async (key, value, options) => {
      stored.set(key, { value, seconds: options?.expirationTtl });
    },
    delete: async (key) => {
      stored.delete(key);
    },
  };
  const ports = { control: counted, cache, clock };
  return { ports, clock, state, stored, add, control, keys: keyStore(ports, 60) };
}

describe('write keys', () => {
  it('the authority is asked once for a good key, then not for key_cache_seconds', async () => {
    const { keys, state, clock, stored } = await open();
    for (let time = 0; time < 3; time += 1) expect(await keys.find('good')).toEqual({ source: 'shop', kind: 'public' });
    expect(state.asked).toBe(1);
    stored.clear();
    await clock.advance(60_000);
    await keys.find('good');
    expect(state.asked).toBe(2);
  });

  it('a new isolate learns of a good key from the cache', async () => {
    const { keys, ports, state } = await open();
    await keys.find('good');
    expect(await keyStore(ports, 60).find('good')).toEqual({ source: 'shop', kind: 'public' });
    expect(state.asked).toBe(1);
  });

  it('an unknown key is in no cache but this, and for 5 seconds: a key that was just made works soon', async () => {
    const { keys, state, stored, clock, add } = await open();
    for (let time = 0; time < 3; time += 1) expect(await keys.find('new')).toBeNull();
    expect(state.asked).toBe(1);
    expect(stored.size).toBe(0);
    await add('new');
    await clock.advance(5_000);
    expect(await keys.find('new')).toEqual({ source: 'shop', kind: 'public' });
  });

  it('the cache keeps a good key for no less than it can', async () => {
    const { ports, stored } = await open();
    await keyStore(ports, 1).find('good');
    expect([...stored.values()].map(({ seconds }) => seconds)).toEqual([60]);
  });

  it('a revoked key is unknown once the caches have forgotten it', async () => {
    const { keys, stored, clock, control } = await open();
    await keys.find('good');
    await control.prepare('update write_keys set revoked_at = 2').run();
    stored.clear();
    await clock.advance(60_000);
    expect(await keys.find('good')).toBeNull();
  });

  it('without the authority a key that was good stays good for an hour, and any other gets 503, never 401', async () => {
    const { keys, state, stored, clock } = await open();
    await keys.find('good');
    stored.clear();
    state.away = true;
    await clock.advance(60_000);
    expect(await keys.find('good')).toEqual({ source: 'shop', kind: 'public' });
    await expect(keys.find('other')).rejects.toMatchObject({ code: 'authority_away' });
    await clock.advance(3_601_000);
    await expect(keys.find('good')).rejects.toMatchObject({ code: 'authority_away' });
  });

  it('an authority that is away is asked once a second for a good key, not for each request', async () => {
    const { keys, state, stored, clock } = await open();
    await keys.find('good');
    stored.clear();
    state.away = true;
    await clock.advance(60_000);
    for (let time = 0; time < 5; time += 1) await keys.find('good');
    expect(state.asked).toBe(2);
  });

  it('a cache that fails or holds nonsense is passed over', async () => {
    const { ports, stored } = await open();
    stored.set('write_key/good', { value: '{"source":7}', seconds: undefined });
    expect(await keyStore(ports, 60).find('good')).toEqual({ source: 'shop', kind: 'public' });
    const broken = async (): Promise<never> => {
      throw new Error('KV is away');
    };
    const failing = { ...ports, cache: { get: broken, put: broken, delete: broken } };
    expect(await keyStore(failing, 60).find('good')).toEqual({ source: 'shop', kind: 'public' });
  });

  it('a key longer than any is refused without asking', async () => {
    const { keys, state } = await open();
    expect(await keys.find('x'.repeat(129))).toBeNull();
    expect(state.asked).toBe(0);
  });
});
