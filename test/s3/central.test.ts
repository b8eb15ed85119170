/** The central job over a bucket: the commands that an operator runs beside a deployed Worker. */
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { METADATA_FILES } from '../../lakehouse/catalog/objects.ts';
import { loadSnapshot } from '../../lakehouse/catalog/store.ts';
import { folderStore } from '../../platform/bun/folder-store.ts';
import { s3Files } from '../../platform/bun/local-files.ts';
import { s3Store } from '../../platform/bun/s3-store.ts';
import { systemRandom } from '../../platform/bun/system.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import { virtualClock } from '../../platform/sim/clock.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import type { EventRow } from '../../schemas/columns.ts';
import type { S3Config } from '../../schemas/config.ts';
import { append, compact, type TestLake } from '../lakehouse/lake.ts';
import { randomPacks, START, winnersOf } from '../lakehouse/rows.ts';
import { type S3Server, startS3 } from '../platform/miniflare-s3.ts';
import { runInlet, temporaryFolder } from '../support/inlet.ts';

const SIGHT = `select source, message_id, type, user_key, group_id, "timestamp", received_at, pack_id, pack_index, products
  from events order by all`;
const DAYS = ['--from', '2026-03-26', '--to', '2026-03-31'];

let server: S3Server;
let folder: ReturnType<typeof temporaryFolder>;
let bucket: ObjectStore;

beforeAll(async () => {
  server = await startS3();
  bucket = s3Store(server.config);
});
beforeEach(() => {
  folder = temporaryFolder('s3');
  return folder.remove;
});
afterAll(() => server.close());

function s3Env({ endpoint, bucket, access_key_id, secret_access_key }: S3Config): Record<string, string> {
  return {
    INLET_S3_ENDPOINT: endpoint,
    INLET_S3_BUCKET: bucket,
    INLET_S3_ACCESS_KEY_ID: access_key_id,
    INLET_S3_SECRET_ACCESS_KEY: secret_access_key,
  };
}

/** @returns what it wrote to standard output */
async function inletOnS3(...words: string[]): Promise<string> {
  return succeed(await runInlet(join(folder.path, 'central'), words, s3Env(server.config)));
}

async function inletOnFolder(...words: string[]): Promise<string> {
  return succeed(await runInlet(folder.path, words));
}

function succeed({ code, stdout, stderr }: Awaited<ReturnType<typeof runInlet>>): string {
  if (code !== 0) throw new Error(`it ended with ${code}: ${stderr}`);
  return stdout;
}

/** The bucket is empty again. */
async function clearBucket(): Promise<void> {
  const { objects } = await bucket.list();
  if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key));
}

/** What a compactor on this machine has, over that lake. */
function local(lake: ObjectStore): TestLake {
  return {
    lake,
    files: s3Files(lake, folder.path),
    clock: virtualClock(START),
    random: systemRandom,
    lake_uri: 's3://lake',
    close: () => undefined,
  };
}

/** Whoever puts an object under the prefix waits for the others first. */
function meetingStore(store: ObjectStore, prefix: string, meet: () => Promise<void>): ObjectStore {
  return {
    ...store,
    put: async (key, value, options) => {
      if (key.startsWith(prefix)) await meet();
      return store.put(key, value, options);
    },
  };
}

/** Segments of a few packs each, some packs in two of them. */
async function appendAll(lake: ObjectStore, packs: readonly EventRow[][]): Promise<void> {
  for (let start = 0; start < packs.length; start += 6) await append({ lake }, packs.slice(start, start + 8));
}

describe('the commands over a bucket', () => {
  const packs = randomPacks(seededRandom(3), 30, 3);
  const events = winnersOf(packs.flat()).filter(({ type }) => type !== 'failed');

  beforeEach(clearBucket);

  it('give the same answers as over a folder, before and after compaction', async () => {
    await Promise.all([appendAll(bucket, packs), appendAll(folderStore(join(folder.path, 'lake')), packs)]);
    const select = ['sql', SIGHT, '--format', 'csv'];
    const report = ['report', 'products', ...DAYS, '--format', 'json'];
    const inFolder = { select: await inletOnFolder(...select), report: await inletOnFolder(...report) };
    expect(inFolder.select.trim().split('\n')).toHaveLength(1 + events.length);
    expect(JSON.parse(inFolder.report)).not.toEqual([]);

    expect(await inletOnS3(...select)).toBe(inFolder.select);
    expect(await inletOnS3(...report)).toBe(inFolder.report);
    expect(await inletOnS3('compact')).toMatch(/^Compacted /);
    expect(await inletOnS3(...select)).toBe(inFolder.select);
    expect(await inletOnS3(...report)).toBe(inFolder.report);
    expect(JSON.parse(await inletOnS3('status', '--json'))).toMatchObject({
      snapshot: 1,
      table_events: winnersOf(packs.flat()).length,
      pending_segments: 0,
      index_behind_since: null,
    });
  });

  it('of two compactors that commit at once, one does, and every event is in the table once', async () => {
    await appendAll(bucket, packs);
    const arrived = Promise.withResolvers<void>();
    let committing = 0;
    const rival = () =>
      meetingStore(s3Store(server.config), METADATA_FILES, () => {
        committing += 1;
        if (committing === 2) arrived.resolve();
        return arrived.promise;
      });
    const results = await Promise.all([rival(), rival()].map((lake) => compact(local(lake))));
    expect(results.map(({ commits }) => commits).toSorted()).toEqual([0, 1]);
    const { version, totals } = await loadSnapshot(bucket);
    expect(version).toBe(1);
    expect(totals.rows).toBe(winnersOf(packs.flat()).length);
  });

  it('a rebuild is asked for in the bucket, once', async () => {
    for (let time = 0; time < 2; time += 1) expect(await inletOnS3('rebuild')).toContain('Asked for.');
    const { objects } = await bucket.list({ prefix: 'requests/' });
    expect(objects.map(({ key }) => key)).toEqual(['requests/rebuild']);
    expect(JSON.parse((await (await bucket.get('requests/rebuild'))?.text()) ?? '')).toEqual({
      claimedAt: null,
      state: null,
    });
  });
});
