/** The table through other people's eyes: readers that share no code with ours find what was put in. */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { PassThrough } from 'node:stream';
import avro from 'avsc';
import { icebergRead } from 'icebird';
import { afterEach, expect, test } from 'vitest';
import { expire } from '../../lakehouse/catalog/expire.ts';
import { readManifests, tableFiles } from '../../lakehouse/catalog/files.ts';
import { icebergSchema, PARTITION_FIELDS } from '../../lakehouse/catalog/iceberg/types.ts';
import { METADATA } from '../../lakehouse/catalog/objects.ts';
import { loadSnapshot, loadTable } from '../../lakehouse/catalog/store.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { append, CONFIG, compact, type TestLake, testLake } from './lake.ts';
import { randomPacks, winnersOf } from './rows.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

/** A table after so many commits, some of which merge files and replace copies. */
async function busyTable(commits: number, lake_uri = 'file:///lake'): Promise<{ lake: TestLake; rows: EventRow[] }> {
  const lake = { ...testLake(), lake_uri };
  open.push(lake);
  const packs = randomPacks(seededRandom(commits), commits * 2, 2);
  for (let at = 0; at < packs.length; at += 2) {
    await append(lake, packs.slice(at, at + 2));
    await compact(lake);
  }
  return { lake, rows: winnersOf(packs.flat()) };
}

/** A file server over the store: icebird reads from URLs only. */
async function serve(store: () => ObjectStore): Promise<string> {
  const server: Server = createServer(async (request, response) => {
    const object = await store().get((request.url ?? '').slice(1));
    if (object === null) return response.writeHead(404).end();
    const bytes = Buffer.from(await object.arrayBuffer());
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
    const part = from === undefined ? bytes : bytes.subarray(Number(from), Number(to) + 1);
    response.writeHead(from === undefined ? 200 : 206, { 'content-length': String(part.byteLength) });
    return response.end(request.method === 'HEAD' ? undefined : part);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push({ close: () => server.close() });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

test('icebird reads the rows that went in, after merges, copies and expiry', async () => {
  let store: ObjectStore | undefined;
  const url = await serve(() => {
    if (store === undefined) throw new Error('There is no lake yet');
    return store;
  });
  const { lake, rows } = await busyTable(12, url);
  store = lake.lake;
  await lake.clock.advance(3 * 3_600_000);
  expect((await expire({ ...lake, config: CONFIG })).files).not.toEqual([]);
  const read = await icebergRead({ tableUrl: `${url}/table` });
  const sight = (row: Record<string, unknown>): string =>
    JSON.stringify([row.source, row.message_id, row.type, row.user_key, row.pack_index, row.properties]);
  expect(read.map(sight).toSorted()).toEqual(rows.map((row) => sight({ ...row })).toSorted());
});

interface AvroFile {
  readonly properties: Record<string, string>;
  readonly records: Record<string, unknown>[];
}

/** By an Avro library that knows nothing of Iceberg. */
async function readAvro(lake: ObjectStore, key: string): Promise<AvroFile> {
  const object = await lake.get(key);
  if (object === null) throw new Error(`${key} is gone`);
  const decoder = new avro.streams.BlockDecoder();
  const properties: Record<string, string> = {};
  decoder.on('metadata', (_type: unknown, _codec: unknown, header: { meta: Record<string, Buffer> }) => {
    for (const [name, value] of Object.entries(header.meta)) properties[name] = value.toString();
  });
  const input = new PassThrough();
  input.end(Buffer.from(await object.arrayBuffer()));
  const records: Record<string, unknown>[] = [];
  for await (const record of input.pipe(decoder)) records.push({ ...record });
  return { properties, records };
}

test('an Avro library reads every manifest and every list, with the properties that Iceberg asks for', async () => {
  const { lake, rows } = await busyTable(12);
  const snapshot = await loadSnapshot(lake.lake);
  const manifests = await readManifests(lake.lake, snapshot);
  const list = await readAvro(lake.lake, snapshot.manifest_list ?? '');
  expect(list.properties).toMatchObject({ 'format-version': '2', 'sequence-number': '12' });
  expect(list.records.map(({ manifest_path }) => manifest_path)).toEqual(
    manifests.map(({ key }) => key.replace('table', 'file:///lake/table')),
  );
  let found = 0;
  for (const { key, bytes } of manifests) {
    const { properties, records } = await readAvro(lake.lake, key);
    expect(properties).toMatchObject({ 'format-version': '2', content: 'data', 'partition-spec-id': '0' });
    expect(JSON.parse(properties.schema ?? '')).toEqual(icebergSchema(0));
    expect(JSON.parse(properties['partition-spec'] ?? '')).toEqual(PARTITION_FIELDS);
    expect((await lake.lake.head(key))?.size).toBe(bytes);
    for (const { status, data_file } of records) {
      if (status === 2) continue;
      found += Number(JSON.parse(JSON.stringify(data_file)).record_count);
    }
  }
  expect(found).toBe(rows.length);
  const all = (await lake.lake.list({ prefix: METADATA })).objects.filter(({ key }) => key.endsWith('.avro'));
  for (const { key } of all) expect((await readAvro(lake.lake, key)).records).not.toEqual([]);
});

test('totals, snapshots and logs of the metadata agree with each other and with the files', async () => {
  const { lake, rows } = await busyTable(9);
  const { metadata, snapshot } = await loadTable(lake.lake);
  const files = await tableFiles(lake.lake, snapshot);
  expect(snapshot.totals).toEqual({
    files: files.length,
    rows: rows.length,
    bytes: files.reduce((total, { bytes }) => total + bytes, 0),
  });
  expect(metadata?.snapshots.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(metadata?.snapshots.map(({ parent_id }) => parent_id)).toEqual([
    null,
    ...(metadata?.snapshots.slice(0, -1).map(({ id }) => id) ?? []),
  ]);
  expect(metadata?.log.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  const operations = new Set(metadata?.snapshots.map(({ summary }) => summary.operation));
  expect([...operations].toSorted()).toEqual(['append', 'overwrite']);
});
