/**
 * A day of the shop through the Worker in workerd, and the central job over S3 beside it; every road must tell the same.
 *
 *     bun test/e2e-worker/run.ts
 */
import { type ShopCall, wireEvent } from '../../cli/demo/calls.ts';
import { shopDay } from '../../cli/demo/shop.ts';
import { count, newTally, type Tally } from '../../cli/demo/tally.ts';
import { isJsonObject, type JsonObject } from '../../schemas/event.ts';
import { readMetric, sendBatch } from '../support/client.ts';
import { type DevWorker, startDevWorker } from './dev-worker.ts';
import { computeReport, countTimelines, eachOf, eventually, inlet, readLog, sorted, storedReport } from './roads.ts';

const EVENTS = 5_000;
const BATCH_EVENTS = 50;
/** One batch in so many is sent twice, as an SDK does that saw no answer. */
const TWICE_EVERY = 10;

const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
const differences: string[] = [];

function compare(what: string, found: unknown, due: unknown): void {
  const same = JSON.stringify(found) === JSON.stringify(due);
  if (!same) differences.push(what);
  const shown = isJsonObject(found) || Array.isArray(found) ? `${Object.keys(found).length} entries` : found;
  process.stdout.write(`${same ? 'same     ' : 'DIFFERENT'} ${what}: ${shown}\n`);
  if (!same) process.stdout.write(`  found ${JSON.stringify(found)}\n  due   ${JSON.stringify(due)}\n`);
}

function makeDay(): { calls: ShopCall[]; tally: Tally } {
  const calls = [...shopDay({ seed: 1, events: EVENTS, users: 400, day: yesterday })];
  const tally = newTally();
  for (const call of calls) count(tally, call);
  return { calls, tally };
}

/** @returns how many requests were answered, and how many events their answers accepted */
async function sendAll(worker: DevWorker, calls: readonly ShopCall[]): Promise<{ requests: number; accepted: number }> {
  const batches: object[][] = [];
  for (let start = 0; start < calls.length; start += BATCH_EVENTS) {
    const batch = calls.slice(start, start + BATCH_EVENTS).map(wireEvent);
    batches.push(batch);
    if (batches.length % TWICE_EVERY === 0) batches.push(batch);
  }
  const requests = batches.length;
  let accepted = 0;
  await eachOf(batches, async (batch) => {
    const answer: unknown = await (await sendBatch(worker, batch)).json();
    if (!isJsonObject(answer) || typeof answer.accepted !== 'number') {
      throw new Error(`refused: ${JSON.stringify(answer)}`);
    }
    accepted += answer.accepted;
  });
  return { requests, accepted };
}

function compareReports(
  road: string,
  tally: Tally,
  reports: Record<'events_by_day' | 'products' | 'groups', JsonObject[]>,
): void {
  const sum = (rows: JsonObject[], label: string) => {
    const sums = new Map<string, number>();
    for (const row of rows) {
      const name = String(row[label]);
      sums.set(name, (sums.get(name) ?? 0) + Number(row.events));
    }
    return sorted(sums);
  };
  compare(`${road}: events by type`, sum(reports.events_by_day, 'type'), sorted(tally.byType));
  const tracks = reports.events_by_day.filter(({ type }) => type === 'track');
  compare(`${road}: track calls by name`, sum(tracks, 'event'), sorted(tally.byEvent));
  compare(
    `${road}: events of all groups and none`,
    reports.groups.reduce((total, { events }) => total + Number(events), 0),
    tally.events,
  );
  const products = reports.products.map(({ category, views, adds, purchases, quantity, revenue }) => [
    ...[category, views, adds, purchases, quantity],
    Math.round(Number(revenue) * 100),
  ]);
  const due = [...tally.byCategory].map(([category, { views, adds, purchases, quantity, cents }]) => [
    ...[category, views, adds, purchases, quantity],
    cents,
  ]);
  compare(`${road}: products by category`, products.sort(), due.sort());
}

async function compareAll(worker: DevWorker): Promise<void> {
  const { calls, tally } = makeDay();
  const started = performance.now();
  const { requests, accepted } = await sendAll(worker, calls);
  const copies = accepted - EVENTS;
  const sent_seconds = (performance.now() - started) / 1_000;
  process.stdout.write(
    `${accepted} events in ${requests} requests taken in ${sent_seconds.toFixed(1)} s, ${copies} of them copies\n`,
  );
  compare('accepted', accepted, requests * BATCH_EVENTS);

  const log = await eventually(
    () => readLog(worker),
    ({ events }) => events >= accepted,
  );
  process.stdout.write(`${log.segments} segments in R2\n`);
  compare('events in R2, copies included', log.events, accepted);
  compare('distinct events in R2', log.distinct, EVENTS);

  const byUser = sorted(tally.byUser);
  const timelines = () => countTimelines(worker, tally.byUser.keys());
  // The hot index follows the log.
  const seen = await eventually(timelines, (found) => JSON.stringify(found) === JSON.stringify(byUser));
  compare('GraphQL timelines', seen, byUser);

  process.stdout.write(await inlet(worker, 'compact'));
  for (const [road, read] of [
    ['reports computed over S3', computeReport],
    ['reports stored in R2, by the Worker', storedReport],
  ] as const) {
    const [events_by_day, products, groups] = [
      await read(worker, 'events_by_day', yesterday),
      await read(worker, 'products', yesterday),
      await read(worker, 'groups', yesterday),
    ];
    compareReports(road, tally, { events_by_day, products, groups });
  }
  const sql = await inlet(worker, 'sql', 'select count(*) as events from events', '--format', 'json');
  compare('inlet sql', sql.replaceAll(/\s/g, ''), `[{"events":${EVENTS}}]`);

  process.stdout.write(await inlet(worker, 'rebuild'));
  await fetch(`${worker.url}/cdn-cgi/local/scheduled`);
  compare('GraphQL timelines after a rebuild from the table', await timelines(), byUser);
  compare('requests counted in one isolate', await readMetric(worker, 'inlet_edge_requests_total'), requests);
}

const worker = await startDevWorker();
try {
  await compareAll(worker);
} catch (error) {
  differences.push('it did not come to its end');
  process.stdout.write(`${worker.output()}\n${error instanceof Error ? error.stack : error}\n`);
} finally {
  await worker.stop();
}
process.stdout.write(differences.length === 0 ? 'All roads agree.\n' : `They differ in: ${differences.join('; ')}\n`);
process.exit(differences.length === 0 ? 0 : 1);
