/** `bun test/bars/counts.ts`: a day of the shop counts the same by every road, before and after compaction. */
import { Command } from 'commander';
import { DAY_MS, dayOf } from '../../cli/demo/day.ts';
import { shopDay } from '../../cli/demo/shop.ts';
import { count, newTally, type Tally } from '../../cli/demo/tally.ts';
import type { JsonObject } from '../../schemas/event.ts';
import { LOAD_CORE, onCore, pinThisProcess, SERVER_CORE } from '../bench/support/cores.ts';
import { whole } from '../bench/support/numbers.ts';
import { positive, say } from '../bench/support/output.ts';
import { inScratch } from '../bench/support/scratch.ts';
import { waitUntilDrained } from '../support/client.ts';
import { type RunningInlet, runInlet, startInlet } from '../support/inlet.ts';
import { bar, conclude, type Figure, information } from './support/result.ts';
import { report, rowsOfLog, rowsOfView, storedReport, walkTimelines } from './support/roads.ts';
import { makeKeys, sendBatches, toBatches } from './support/shop.ts';

const BATCH_EVENTS = 50;
const CONNECTIONS = 64;
const SEED = 1;
const DRAIN_MS_MAX = 300_000;

await new Command('counts')
  .description('Send a day of the shop to a real server and count it by every road')
  .option('--events <count>', 'how many', positive, 200_000)
  .action(async ({ events }: { events: number }) => {
    pinThisProcess(LOAD_CORE);
    await inScratch('counts', async (dataDir) => {
      // Compaction happens when this says so.
      const inlet = await startInlet({ dataDir, env: { INLET_CENTRAL: 'off' }, prefix: onCore(SERVER_CORE) });
      try {
        await measure(inlet, events);
      } finally {
        await inlet.stop();
      }
    });
  })
  .parseAsync();

async function measure(inlet: RunningInlet, events: number): Promise<void> {
  const day = dayOf(Date.now() - DAY_MS);
  const tally = newTally();
  const batches = toBatches(counted(shopDay({ seed: SEED, events, users: events, day }), tally), BATCH_EVENTS);
  const keys = await makeKeys(inlet.dataDir);
  const started = performance.now();
  const accepted = await sendBatches(inlet, keys, batches, CONNECTIONS);
  const sent_seconds = (performance.now() - started) / 1_000;
  await waitUntilDrained(inlet, DRAIN_MS_MAX);
  const stored_seconds = (performance.now() - started) / 1_000;
  say(
    `${whole(accepted)} events accepted in ${sent_seconds.toFixed(1)} s, stored after ${stored_seconds.toFixed(1)} s.`,
  );

  const before = await countAll('before', inlet, day, tally);
  const { code, stdout, stderr } = await runInlet(inlet.dataDir, ['compact']);
  if (code !== 0) throw new Error(`inlet compact failed: ${stderr}`);
  say(stdout.trim());
  const after = await countAll('after', inlet, day, tally);
  const stored = [
    sameCount('after: events_by_day as stored', total(await storedReport(inlet, 'events_by_day', day)), tally),
    sameRows('after: products as stored', categories(await storedReport(inlet, 'products', day)), tallied(tally)),
  ];
  conclude(
    'counts',
    [
      information('sent', whole(tally.events)),
      information('users', whole(tally.byUser.size)),
      information('accepted a second', whole(accepted / sent_seconds)),
      information('stored a second', whole(accepted / stored_seconds)),
      sameCount('accepted', accepted, tally),
      ...before,
      ...after,
      ...stored,
    ],
    { events: tally.events },
  );
}

function* counted<Call extends Parameters<typeof count>[1]>(calls: Iterable<Call>, tally: Tally): Generator<Call> {
  for (const call of calls) {
    count(tally, call);
    yield call;
  }
}

async function countAll(when: string, inlet: RunningInlet, day: string, tally: Tally): Promise<Figure[]> {
  const { dataDir } = inlet;
  const view = await rowsOfView(dataDir);
  const byDay = await report(dataDir, 'events_by_day', day);
  const products = await report(dataDir, 'products', day);
  say(`Walking ${whole(tally.byUser.size)} timelines …`);
  const timelines = await walkTimelines(inlet, tally.byUser);
  return [
    sameCount(`${when}: rows of the log`, await rowsOfLog(dataDir), tally),
    sameCount(`${when}: view events`, view.rows, tally),
    sameCount(`${when}: message ids in it`, view.ids, tally),
    sameCount(`${when}: report events_by_day`, total(byDay), tally),
    sameRows(`${when}: its types and names`, kinds(byDay), talliedKinds(tally)),
    sameRows(`${when}: report products`, categories(products), tallied(tally)),
    sameCount(`${when}: GraphQL timelines`, timelines.events, tally),
    bar(`${when}: users with another count`, whole(timelines.wrong), '0', timelines.wrong === 0),
  ];
}

function sameCount(name: string, found: number, { events }: Tally): Figure {
  return bar(name, whole(found), whole(events), found === events);
}

function sameRows(name: string, found: readonly string[], wanted: readonly string[]): Figure {
  const missing = wanted.filter((row) => !found.includes(row)).length;
  const other = found.filter((row) => !wanted.includes(row)).length;
  const value = missing + other === 0 ? `${found.length} rows` : `${missing} missing, ${other} other`;
  return bar(name, value, `${wanted.length} rows`, missing + other === 0);
}

function total(rows: readonly JsonObject[]): number {
  return rows.reduce((sum, { events }) => sum + Number(events), 0);
}

function kinds(rows: readonly JsonObject[]): string[] {
  return rows.map(({ type, event, events }) => `${event ?? type}: ${events}`);
}

function talliedKinds({ byType, byEvent }: Tally): string[] {
  const types = [...byType].filter(([type]) => type !== 'track');
  return [...types, ...byEvent].map(([name, count]) => `${name}: ${count}`);
}

function categories(rows: readonly JsonObject[]): string[] {
  return rows.map(({ category, views, adds, purchases, quantity, revenue }) =>
    [category, views, adds, purchases, quantity, Math.round(Number(revenue) * 100)].join(),
  );
}

function tallied({ byCategory }: Tally): string[] {
  return [...byCategory].map(([category, { views, adds, purchases, quantity, cents }]) =>
    [category, views, adds, purchases, quantity, cents].join(),
  );
}
