/** `bun test/bars/hostile.ts`: queries that mean harm are refused with a code, and the server's memory stays where it was. */
import { Command } from 'commander';
import { LOAD_CORE, onCore, pinThisProcess, SERVER_CORE } from '../bench/support/cores.ts';
import { whole } from '../bench/support/numbers.ts';
import { positive } from '../bench/support/output.ts';
import { inScratch } from '../bench/support/scratch.ts';
import { sendBatch, waitUntilDrained } from '../support/client.ts';
import { type RunningInlet, startInlet } from '../support/inlet.ts';
import { HOSTILE, type HostileQuery } from './support/hostile-queries.ts';
import { groupBytes } from './support/memory.ts';
import { bar, conclude, information } from './support/result.ts';

const CONNECTIONS = 8;
const WARM_UP_ROUNDS = 100;
const EVENTS = 2_000;
const BATCH_EVENTS = 100;
/** Once it has settled: what is held. */
const GROWTH_BYTES_MAX = 134_217_728;
/** Meanwhile, with what the collector has not come to yet. */
const PEAK_BYTES_MAX = 536_870_912;
/** It has settled when it has not fallen for so long; the collector comes when it likes. */
const SETTLE_MS = 2_000;
const SETTLE_MS_MAX = 30_000;

await new Command('hostile')
  .description('Ask a real server what nobody should, over and over')
  .option('--rounds <count>', 'how often each of them', positive, 300)
  .action(async ({ rounds }: { rounds: number }) => {
    pinThisProcess(LOAD_CORE);
    await inScratch('hostile', async (dataDir) => {
      const env = { INLET_CENTRAL: 'off', INLET_GRAPHQL_INTROSPECTION: 'off' };
      const inlet = await startInlet({ dataDir, env, prefix: onCore(SERVER_CORE) });
      try {
        await measure(inlet, rounds);
      } finally {
        await inlet.stop();
      }
    });
  })
  .parseAsync();

async function measure(inlet: RunningInlet, rounds: number): Promise<void> {
  await fill(inlet);
  // Until what is loaded, compiled and kept for them, and the heap that takes, is not taken for growth.
  const first = await ask(inlet, WARM_UP_ROUNDS);
  const before = await settledBytes(inlet.pid);
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, groupBytes(inlet.pid));
  }, 250);
  const started = performance.now();
  const wrong = [...first, ...(await ask(inlet, rounds))];
  const seconds = (performance.now() - started) / 1_000;
  clearInterval(timer);
  const after = await settledBytes(inlet.pid);
  const alive = await answer(inlet, { name: 'alive', codes: [], body: { query: '{ user(id: "ann") { id } }' } });
  const growth = Math.max(0, after - before);
  conclude(
    'hostile',
    [
      information('kinds of query', whole(HOSTILE.length)),
      information('queries a second', whole((HOSTILE.length * rounds) / seconds)),
      information('memory before, at most, after, MB', [before, peak, after].map(megabytes).join(', ')),
      bar('answers without their code', [...new Set(wrong)].join('; ') || '0', '0', wrong.length === 0),
      bar('growth, MB', megabytes(growth), `at most ${megabytes(GROWTH_BYTES_MAX)}`, growth <= GROWTH_BYTES_MAX),
      bar('memory at the peak, MB', megabytes(peak), `at most ${megabytes(PEAK_BYTES_MAX)}`, peak <= PEAK_BYTES_MAX),
      bar('a good query afterwards', alive ?? 'answered', 'answered', alive === null),
    ],
    { rounds, before, peak, after },
  );
}

async function settledBytes(pid: number): Promise<number> {
  let least = groupBytes(pid);
  for (let waited_ms = 0; waited_ms < SETTLE_MS_MAX; waited_ms += SETTLE_MS) {
    await Bun.sleep(SETTLE_MS);
    const now = groupBytes(pid);
    if (now >= least) break;
    least = now;
  }
  return least;
}

async function fill(inlet: RunningInlet): Promise<void> {
  const text = 'x'.repeat(1_000);
  for (let sent = 0; sent < EVENTS; sent += BATCH_EVENTS) {
    const batch = Array.from({ length: BATCH_EVENTS }, (_, number) => ({
      ...{ type: 'track', event: 'Viewed', userId: 'ann', messageId: `m${sent + number}`, properties: { text } },
    }));
    await sendBatch(inlet, batch);
  }
  await waitUntilDrained(inlet);
}

/** @returns the names of those that were answered in another way */
async function ask(inlet: RunningInlet, rounds: number): Promise<string[]> {
  const wrong: string[] = [];
  const queue = Array.from({ length: rounds }, () => HOSTILE)
    .flat()
    .values();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      for (const query of queue) {
        const problem = await answer(inlet, query);
        if (problem !== null) wrong.push(`${query.name}: ${problem}`);
      }
    }),
  );
  return wrong;
}

/** @returns null for an answer with the code it should have */
async function answer(inlet: RunningInlet, { codes, body }: HostileQuery): Promise<string | null> {
  const response = await fetch(`${inlet.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${inlet.readToken}` },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const found = [...new Set([...text.matchAll(/"code":"(\w+)"/g)].map(([, code = '']) => code))];
  if (codes.length === 0) return found.length === 0 ? null : found.join(', ');
  return found.length > 0 && found.every((code) => codes.includes(code)) ? null : found.join(', ') || 'no code';
}

function megabytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(0);
}
