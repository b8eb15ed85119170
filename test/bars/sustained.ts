/** `bun test/bars/sustained.ts`: a pace that does not end. Does the log keep up, and does memory stay where it is? */
import { Command } from 'commander';
import { LOAD_CORE, onCore, PINNED, pinThisProcess, SERVER_CORE } from '../bench/support/cores.ts';
import { whole } from '../bench/support/numbers.ts';
import { positive, say } from '../bench/support/output.ts';
import { inScratch } from '../bench/support/scratch.ts';
import { readMetric } from '../support/client.ts';
import { type RunningInlet, startInlet } from '../support/inlet.ts';
import { groupBytes } from './support/memory.ts';
import { sendAtPace } from './support/pace.ts';
import { bar, conclude, ofPace } from './support/result.ts';

const REQUEST_EVENTS = 50;
const CONNECTIONS = 64;
const SAMPLE_MS = 1_000;
const SAY_SAMPLES = 10;

/** The oldest event that waits may be this old. */
const LAG_SECONDS_MAX = 15;
/** Once the load has ended, nothing may wait after this time. */
const DRAIN_SECONDS_MAX = 30;
const MEMORY_BYTES_MAX = 1.5e9;

interface Options {
  seconds: number;
  rate: number;
}

interface Sample {
  /** Messages that are not acknowledged yet. */
  readonly backlog: number;
  /** Age of the oldest of them. */
  readonly lag_seconds: number;
  readonly memory_bytes: number;
}

await new Command('sustained')
  .description('Load at a steady pace: is the lag of the log bounded, and the memory of the server?')
  .option('--seconds <seconds>', 'for how long', positive, 120)
  .option('--rate <events>', 'events a second', positive, 20_000)
  .action(async ({ seconds, rate }: Options) => {
    pinThisProcess(LOAD_CORE);
    await inScratch('sustained', async (folder) => {
      const inlet = await startInlet({ dataDir: folder, prefix: onCore(SERVER_CORE) });
      try {
        await measure(inlet, seconds, rate);
      } finally {
        await inlet.stop();
      }
    });
  })
  .parseAsync();

async function measure(inlet: RunningInlet, seconds: number, events_per_second: number): Promise<void> {
  const samples: Sample[] = [];
  const ended = new AbortController();
  const sampling = sampleUntil(ended.signal, inlet, samples);
  const paced = await sendAtPace({
    url: inlet.url,
    key: inlet.writeKey,
    events_per_second,
    request_events: REQUEST_EVENTS,
    seconds,
    connections: CONNECTIONS,
  });
  const during = samples.length;
  const drained_seconds = await drain(inlet);
  ended.abort();
  await sampling;

  const lag = Math.max(...samples.map(({ lag_seconds }) => lag_seconds));
  const memory = Math.max(...samples.map(({ memory_bytes }) => memory_bytes));
  conclude(
    'sustained',
    [
      ...ofPace(paced),
      bar('greatest lag, s', lag.toFixed(1), `<= ${LAG_SECONDS_MAX}`, lag <= LAG_SECONDS_MAX),
      bar(
        'empty after, s',
        drained_seconds === null ? `more than ${DRAIN_SECONDS_MAX}` : drained_seconds.toFixed(1),
        `<= ${DRAIN_SECONDS_MAX}`,
        drained_seconds !== null,
      ),
      bar(
        'greatest memory, MB',
        whole(memory / 1e6),
        `< ${MEMORY_BYTES_MAX / 1e6}`,
        memory > 0 && memory < MEMORY_BYTES_MAX,
      ),
    ],
    { pinned: PINNED, paced, seconds, during_samples: during, samples },
  );
}

async function sampleUntil(signal: AbortSignal, inlet: RunningInlet, samples: Sample[]): Promise<void> {
  while (!signal.aborted) {
    const sample = await takeSample(inlet);
    samples.push(sample);
    if (samples.length % SAY_SAMPLES === 0) {
      const { backlog, lag_seconds, memory_bytes } = sample;
      say(`${samples.length} s: ${backlog} wait, lag ${lag_seconds.toFixed(1)} s, ${whole(memory_bytes / 1e6)} MB`);
    }
    await Bun.sleep(SAMPLE_MS);
  }
}

async function takeSample(inlet: RunningInlet): Promise<Sample> {
  const [backlog, oldest] = await Promise.all([
    readMetric(inlet, 'inlet_queue_backlog_messages'),
    readMetric(inlet, 'inlet_queue_oldest_message_seconds'),
  ]);
  const lag_seconds = oldest === null || oldest === 0 ? 0 : Math.max(0, Date.now() / 1_000 - oldest);
  return { backlog: backlog ?? Number.NaN, lag_seconds, memory_bytes: groupBytes(inlet.pid) };
}

/** @returns how long it took, in seconds; null where it took too long */
async function drain(inlet: RunningInlet): Promise<number | null> {
  const start = performance.now();
  for (;;) {
    const seconds = (performance.now() - start) / 1_000;
    if (seconds > DRAIN_SECONDS_MAX) return null;
    if ((await readMetric(inlet, 'inlet_queue_backlog_messages')) === 0) return seconds;
    await Bun.sleep(100);
  }
}
