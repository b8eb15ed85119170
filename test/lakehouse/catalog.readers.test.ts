/** The table through other people's eyes: readers that share no code with ours find what was put in. */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { PassThrough } from 'node:stream';
import { zstdDecompressSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import avro from 'avsc';
import { parquetReadObjects } from 'hyparquet';
import { icebergRead } from 'icebird';
import { ParquetEnvelopeReader, ParquetReader } from 'parquetjs-lite';
import codecs from 'parquetjs-lite/lib/codec/index.js';
import compression from 'parquetjs-lite/lib/compression.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRows } from '../../lakehouse/append/read.ts';
import { expire } from '../../lakehouse/catalog/expire.ts';
import { readManifests, tableFiles } from '../../lakehouse/catalog/files.ts';
import { icebergSchema, PARTITION_FIELDS } from '../../lakehouse/catalog/iceberg/types.ts';
import { millisecondsOf } from '../../lakehouse/catalog/iceberg/values.ts';
import { METADATA } from '../../lakehouse/catalog/objects.ts';
import { loadSnapshot, loadTable } from '../../lakehouse/catalog/store.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import { COLUMNS, type EventRow } from '../../schemas/columns.ts';
import { append, CONFIG, compact, type TestLake, testLake } from './lake.ts';
import { randomPacks, winnersOf } from './rows.ts';

const COMMITS = 12;
const YEAR_START = Date.UTC(2026, 0, 1);

let url: string;
let lake: TestLake;
let rows: EventRow[];
let server: Server;

/** A table after commits of which some merge files and replace copies, and after expiry; icebird reads from URLs only. */
beforeAll(async () => {
  server = createServer(async (request, response) => {
    const object = await lake.lake.get((request.url ?? '').slice(1));
    if (object === null) return response.writeHead(404).end();
    const bytes = Buffer.from(await object.arrayBuffer());
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
    const part = from === undefined ? bytes : bytes.subarray(Number(from), Number(to) + 1);
    response.writeHead(from === undefined ? 200 : 206, { 'content-length': String(part.byteLength) });
    return response.end(request.method === 'HEAD' ? undefined : part);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  lake = { ...testLake(), lake_uri: url };
  const packs = randomPacks(seededRandom(COMMITS), COMMITS, 2);
  for (const pack of packs) {
    await append(lake, [pack]);
    await compact(lake);
  }
  rows = winnersOf(packs.flat());
  await lake.clock.advance(3 * 3_600_000);
  expect((await expire({ ...lake, config: CONFIG })).files).not.toEqual([]);
}, 60_000);

afterAll(() => {
  server.close();
  lake.close();
});

test('icebird reads the rows that went in', async () => {
  const read = await icebergRead({ tableUrl: `${url}/table` });
  const sight = (row: Record<string, unknown>): string =>
    JSON.stringify([row.source, row.message_id, row.type, row.user_key, row.pack_index, row.properties]);
  expect(read.map(sight).toSorted()).toEqual(rows.map((row) => sight({ ...row })).toSorted());
});

test('what manifests say of a file is what is in it: counts, nulls and bounds of every column', async () => {
  for (const { key, rows: count, statistics } of await tableFiles(lake.lake, await loadSnapshot(lake.lake))) {
    const { value_counts, null_value_counts, lower_bounds, upper_bounds, column_sizes } = statistics;
    const inFile = (await Array.fromAsync(readRows(lake.lake, key))).flat();
    expect(inFile.length).toBe(count);
    for (const { id, name, type } of COLUMNS) {
      if (type === 'products') continue;
      const values = inFile.map((row) => row[name]).filter((value) => value !== null);
      expect([name, value_counts.get(id), null_value_counts.get(id)]).toEqual([name, count, count - values.length]);
      expect(column_sizes.get(id)).toBeGreaterThan(0);
      const [lower, upper] = [lower_bounds.get(id), upper_bounds.get(id)];
      if (values.length === 0 || lower === undefined || upper === undefined) {
        expect([name, values.length === 0 || type === 'json' || name === 'body']).toEqual([name, true]);
      } else if (type === 'timestamp') {
        const times = values.map(Number);
        expect([millisecondsOf(lower), millisecondsOf(upper)]).toEqual([Math.min(...times), Math.max(...times)]);
      } else if (type === 'string') {
        const texts = values.map((value) => Buffer.from(String(value)));
        for (const text of texts) {
          expect(Buffer.compare(text, lower)).toBeGreaterThanOrEqual(0);
          expect(Buffer.compare(text, upper)).toBeLessThanOrEqual(0);
        }
      }
    }
  }
});

/** What each reader has to find in the files of the snapshot. */
interface Totals {
  events: number;
  ids: number;
  users: number;
  indexes: number;
  /** Characters. */
  properties: number;
  /** Milliseconds since the start of the year, all together. */
  times: number;
}

function totalsOf(found: readonly Record<string, unknown>[]): Totals {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    events: found.length,
    ids: new Set(found.map(({ source, message_id }) => `${source}\n${message_id}`)).size,
    users: new Set(found.map(({ user_key }) => String(user_key))).size,
    indexes: sum(found.map(({ pack_index }) => Number(pack_index))),
    properties: sum(found.map(({ properties }) => (properties == null ? 0 : String(properties).length))),
    times: sum(found.map(({ timestamp }) => Number(timestamp) - YEAR_START)),
  };
}

const expected = (): Totals => totalsOf(rows.map((row) => ({ ...row })));

async function bytesOfFiles(): Promise<Uint8Array<ArrayBuffer>[]> {
  const objects = (await tableFiles(lake.lake, await loadSnapshot(lake.lake))).map(({ key }) => lake.lake.get(key));
  return Promise.all(objects.map(async (object) => new Uint8Array((await (await object)?.arrayBuffer()) ?? [])));
}

test('DuckDB, over the list of files, finds the same counts and sums', async () => {
  const files = await tableFiles(lake.lake, await loadSnapshot(lake.lake));
  const pinned = await lake.files.pin(files.map(({ key }) => key));
  const duckdb = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  const paths = pinned.paths.map((path) => `'${path}'`).join(', ');
  const answer = await duckdb.runAndReadAll(
    `select count(*), count(distinct (source, message_id)), count(distinct user_key), sum(pack_index),
       sum(length(properties)), sum(epoch_ms("timestamp") - ${YEAR_START})
     from read_parquet([${paths}], union_by_name = true, hive_partitioning = false)`,
  );
  expect(answer.getRowsJS()[0]?.map(Number)).toEqual(Object.values(expected()));
  duckdb.closeSync();
  await pinned.release();
});

test('hyparquet finds the same counts and sums in the files', async () => {
  const compressors = { ZSTD: (page: Uint8Array) => new Uint8Array(zstdDecompressSync(page)) };
  const found: Record<string, unknown>[] = [];
  for (const { buffer } of await bytesOfFiles()) {
    found.push(...(await parquetReadObjects({ file: buffer, compressors, utf8: false })));
  }
  expect(totalsOf(found)).toEqual(expected());
});

// It is from before zstd, RLE_DICTIONARY and footers of version 2: the first two it takes as plug-ins, the last is a number.
test('parquetjs-lite finds the same counts and sums in the files', async () => {
  compression.PARQUET_COMPRESSION_METHODS.ZSTD = { inflate: (page) => zstdDecompressSync(page) };
  codecs.RLE_DICTIONARY = codecs.PLAIN_DICTIONARY;
  const names = ['source', 'message_id', 'user_key', 'pack_index', 'properties', 'timestamp'];
  const found: Record<string, unknown>[] = [];
  for (const bytes of await bytesOfFiles()) {
    const envelope = await ParquetEnvelopeReader.openBuffer(Buffer.from(bytes));
    const footer = await envelope.readFooter();
    footer.version = 1;
    const cursor = new ParquetReader(footer, envelope).getCursor(names.map((name) => [name]));
    for (let row = await cursor.next(); row !== null; row = await cursor.next()) found.push(row);
  }
  expect(totalsOf(found)).toEqual(expected());
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
  const snapshot = await loadSnapshot(lake.lake);
  const manifests = await readManifests(lake.lake, snapshot);
  const list = await readAvro(lake.lake, snapshot.manifest_list ?? '');
  expect(list.properties).toMatchObject({ 'format-version': '2', 'sequence-number': '12' });
  expect(list.records.map(({ manifest_path }) => manifest_path)).toEqual(manifests.map(({ key }) => `${url}/${key}`));
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
  const { metadata, snapshot } = await loadTable(lake.lake);
  const files = await tableFiles(lake.lake, snapshot);
  expect(snapshot.totals).toEqual({
    files: files.length,
    rows: rows.length,
    bytes: files.reduce((total, { bytes }) => total + bytes, 0),
  });
  expect(metadata?.snapshots.map(({ sequence }) => sequence)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(metadata?.snapshots.slice(1).map(({ parent_id }) => parent_id)).toEqual(
    metadata?.snapshots.slice(0, -1).map(({ id }) => id),
  );
  expect(metadata?.log.map(({ version }) => version)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  const operations = new Set(metadata?.snapshots.map(({ summary }) => summary.operation));
  expect([...operations].toSorted()).toEqual(['append', 'overwrite']);
});
