/** The roads on which a run can be looked at: R2 over S3, GraphQL, and the commands of the central job. */
import { readRows } from '../../lakehouse/append/read.ts';
import { s3Store } from '../../platform/bun/s3-store.ts';
import { isJsonObject, type JsonObject } from '../../schemas/event.ts';
import { askGraphql } from '../support/client.ts';
import { runInlet } from '../support/inlet.ts';
import type { DevWorker } from './dev-worker.ts';

const AT_ONCE = 4;
const VISIBLE_TIMEOUT_MS = 30_000;
const POLL_MS = 250;

/** Does the work for every item, a few at a time. */
export async function eachOf<Item>(items: Iterable<Item>, work: (item: Item) => Promise<void>): Promise<void> {
  const left = [...items].values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of left) await work(item);
    }),
  );
}

interface LogContent {
  readonly segments: number;
  /** Copies included. */
  readonly events: number;
  readonly distinct: number;
}

export async function readLog({ s3 }: DevWorker): Promise<LogContent> {
  const lake = s3Store(s3);
  const ids = new Set<string>();
  const { objects } = await lake.list({ prefix: 'segments/' });
  let events = 0;
  for (const { key } of objects) {
    for await (const rows of readRows(lake, key)) {
      events += rows.length;
      for (const { message_id } of rows) ids.add(message_id);
    }
  }
  return { segments: objects.length, events, distinct: ids.size };
}

/** What is read as soon as it is as it should be, or when that took too long. */
export async function eventually<Value>(read: () => Promise<Value>, isDone: (value: Value) => boolean): Promise<Value> {
  const deadline = Date.now() + VISIBLE_TIMEOUT_MS;
  for (;;) {
    const value = await read();
    if (isDone(value) || Date.now() > deadline) return value;
    await Bun.sleep(POLL_MS);
  }
}

const TIMELINE = `query ($id: ID!) { user(id: $id) { events(first: 1000) {
  nodes { messageId } pageInfo { hasNextPage } } } }`;

async function countTimeline(worker: DevWorker, id: string): Promise<number> {
  const answer = JSON.stringify(await askGraphql(worker, TIMELINE, { id }));
  if (answer.includes('"hasNextPage":true')) throw new Error(`${id} has more than a page`);
  return new Set(answer.match(/"messageId":"[^"]*"/g)).size;
}

/** Events by user, as GraphQL tells them. */
export async function countTimelines(worker: DevWorker, users: Iterable<string>): Promise<Record<string, number>> {
  const found = new Map<string, number>();
  await eachOf(users, async (user) => {
    found.set(user, await countTimeline(worker, user));
  });
  return sorted(found);
}

/** In the order of the names. */
export function sorted(counts: Iterable<[string, number]>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** The central job's own commands, over the same bucket. */
export async function inlet(worker: DevWorker, ...words: string[]): Promise<string> {
  const { endpoint, bucket, access_key_id, secret_access_key } = worker.s3;
  const { code, stdout, stderr } = await runInlet(`${worker.folder}/central`, words, {
    INLET_S3_ENDPOINT: endpoint,
    INLET_S3_BUCKET: bucket,
    INLET_S3_ACCESS_KEY_ID: access_key_id,
    INLET_S3_SECRET_ACCESS_KEY: secret_access_key,
  });
  if (code !== 0) throw new Error(`inlet ${words.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}

/** Computed now, over the bucket. */
export async function computeReport(worker: DevWorker, name: string, day: string): Promise<JsonObject[]> {
  const text = await inlet(worker, 'report', name, '--from', day, '--to', day, '--format', 'json');
  const rows: unknown = JSON.parse(text);
  if (!Array.isArray(rows) || !rows.every(isJsonObject)) throw new Error(`no rows: ${text}`);
  return rows;
}

/** What the central job has stored, as the Worker reads it. */
export async function storedReport(worker: DevWorker, name: string, day: string): Promise<JsonObject[]> {
  const answer = await askGraphql(
    worker,
    'query ($name: String!, $day: Date!) { reports(name: $name, from: $day, to: $day) { columns { name } rows } }',
    { name, day },
  );
  if (!isReports(answer)) throw new Error(`no report: ${JSON.stringify(answer)}`);
  const { columns, rows } = answer.reports;
  return rows.map((row) => Object.fromEntries(columns.map((column, position) => [column.name, row[position]])));
}

interface Reports {
  readonly reports: { readonly columns: { readonly name: string }[]; readonly rows: unknown[][] };
}

function isReports(value: unknown): value is Reports {
  return isJsonObject(value) && isJsonObject(value.reports) && Array.isArray(value.reports.rows);
}
