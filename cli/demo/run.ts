/** The demo: a day of the shop through an Inlet of its own, from the SDK to the reports. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { progressBar } from '../terminal/progress.ts';
import { SOURCES, type Source } from './calls.ts';
import { parseLine, run, type ServerProcess, startServer, textOf } from './child.ts';
import { Sender } from './send.ts';
import { shopDay } from './shop.ts';
import { count, newTally, type Tally } from './tally.ts';
import { timelineTable } from './timeline.ts';

export interface DemoOptions {
  readonly events: number;
  readonly users: number;
  readonly seed: number;
  /** Such as 2026-01-31, UTC. */
  readonly day: string;
}

export const DEMO_DIR = '.inlet-demo';
const REPORTS = ['events_by_day', 'groups', 'products'];
const POLL_MS = 200;
/** How long the log may take to catch up without any progress. */
const STALLED_MS = 60_000;

const INLET = [process.execPath, join(import.meta.dir, '..', 'inlet.ts')];

export async function runDemo(options: DemoOptions): Promise<void> {
  const env = demoEnvironment();
  await rm(DEMO_DIR, { recursive: true, force: true });
  say(`Starting an Inlet of its own in ${DEMO_DIR} …`);
  const server = await startServer([...INLET, 'serve', '--json'], env);
  try {
    const url = textOf(server.ready, 'url');
    const keys = await makeKeys(env);
    const tally = await Promise.race([sendDay(options, new Sender(url, keys)), server.died]);
    say('Waiting until the log has everything …');
    await Promise.race([waitForLog(url), server.died]);
    say('Compacting …');
    process.stdout.write(await run([...INLET, 'compact'], env));
    await show(options, env, server, tally);
  } finally {
    await server.stop();
  }
  say(nextSteps(options.day));
}

/** Ours without Inlet's own settings, so that the demo is the same everywhere and touches nothing else. */
function demoEnvironment(): Record<string, string> {
  const inherited = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined || name.startsWith('INLET_') ? [] : [[name, value] as const],
  );
  return { ...Object.fromEntries(inherited), INLET_DATA_DIR: DEMO_DIR, INLET_PORT: '0', INLET_CENTRAL: 'off' };
}

async function makeKeys(env: Record<string, string>): Promise<Map<Source, string>> {
  const keys = new Map<Source, string>();
  for (const source of SOURCES) {
    const made = parseLine(await run([...INLET, 'keys', 'create', '--source', source, '--json'], env));
    keys.set(source, textOf(made, 'writeKey'));
  }
  return keys;
}

async function sendDay(options: DemoOptions, sender: Sender): Promise<Tally> {
  say(`Sending ${number(options.events)} events of ${options.day} through @segment/analytics-node …`);
  const tally = newTally();
  const bar = progressBar();
  const start = performance.now();
  try {
    for (const call of shopDay(options)) {
      count(tally, call);
      await sender.send(call);
      bar.update('Sending', sender.sent, options.events);
    }
    await sender.close();
    bar.update('Sending', sender.sent, options.events);
  } finally {
    bar.stop();
  }
  const seconds = (performance.now() - start) / 1_000;
  say(
    `${number(sender.sent)} events of ${number(tally.byUser.size)} users taken in ${seconds.toFixed(1)} s, none refused.`,
  );
  return tally;
}

async function waitForLog(url: string): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  for (let since = Date.now(); ; await Bun.sleep(POLL_MS)) {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const backlog = /^inlet_queue_backlog_messages (\d+)$/m.exec(metrics)?.[1];
    if (backlog === undefined) throw new Error('/metrics does not say inlet_queue_backlog_messages.');
    if (Number(backlog) === 0) return;
    if (Number(backlog) < least) {
      least = Number(backlog);
      since = Date.now();
    }
    if (Date.now() - since > STALLED_MS) throw new Error(`The log does not catch up: ${backlog} messages still wait.`);
  }
}

async function show({ day }: DemoOptions, env: Record<string, string>, server: ServerProcess, tally: Tally) {
  for (const report of REPORTS) {
    say(`\nReport ${report}, ${day}`);
    process.stdout.write(await run([...INLET, 'report', report, '--from', day, '--to', day], env));
  }
  const user = busiestUser(tally);
  say(`\nTimeline of ${user}, newest first (${number(tally.byUser.get(user) ?? 0)} events that day)`);
  process.stdout.write(await timelineTable(textOf(server.ready, 'url'), textOf(server.ready, 'readToken'), user));
}

/** Of the known users, the one with the most events. */
function busiestUser({ byUser }: Tally): string {
  const known = [...byUser].filter(([user]) => user.startsWith('user_'));
  const [first] = known.sort(([, one], [, other]) => other - one);
  if (first === undefined) throw new Error('Nobody signed in: send more events.');
  return first[0];
}

function nextSteps(day: string): string {
  return `
Everything is in ${DEMO_DIR}. To go on:
  INLET_DATA_DIR=${DEMO_DIR} npx bun start
  INLET_DATA_DIR=${DEMO_DIR} npx bun run inlet report products --from ${day} --to ${day}
  INLET_DATA_DIR=${DEMO_DIR} npx bun run inlet sql "select event, count(*) from events where type = 'track' group by all order by 2 desc"`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function number(value: number): string {
  return value.toLocaleString('en');
}
