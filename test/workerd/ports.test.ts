import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { workerdCompressor } from '../../platform/cloudflare/system.ts';
import type { Database, KeyValue, ObjectStore, Queue } from '../../platform/ports.ts';
import { describeDatabase } from '../conformance/ports/database.ts';
import { describeKeyValue } from '../conformance/ports/key-value.ts';
import { describeObjectStore } from '../conformance/ports/object-store.ts';
import { migrate } from './worker.ts';

// That these compile is a test: the bindings are the ports.
const lake: ObjectStore = env.LAKE;
const control: Database = env.CONTROL;
const index: Database = env.INDEX;
const cache: KeyValue = env.CACHE;
const queue: Queue = env.PACKS;

describeObjectStore('R2', async () => ({ port: lake }), {
  'a range that starts at the end rejects': 'the local R2 prints an internal error, Cloudflare refuses the range',
  'delete refuses more than 1,000 keys': 'the local R2 does not hold this limit, Cloudflare does',
});
describeDatabase('D1', async () => ({ port: index }), {
  'two statements in one are refused, and neither runs': 'D1 runs both',
});
describeKeyValue('KV', async () => ({ port: cache }));

it('the migrations apply to D1, and a second time change nothing', async () => {
  await migrate();
  await migrate();
  expect((await control.prepare('select * from write_keys').all()).results).toEqual([]);
  expect((await index.prepare('select active from index_state').all()).results).toEqual([{ active: 'a' }]);
});

it('a queue takes a pack of the largest size and tells its metrics', async () => {
  await queue.send(new Uint8Array(127_000), { contentType: 'bytes' });
  expect(await queue.metrics()).toHaveProperty('backlogCount');
});

it('the compressor that is chosen compresses bytes that do not get smaller', async () => {
  const noise = crypto.getRandomValues(new Uint8Array(65_536));
  expect(workerdCompressor.compress(noise).byteLength).toBeGreaterThan(60_000);
  expect(['gzip', 'zstd']).toContain(workerdCompressor.name);
});
