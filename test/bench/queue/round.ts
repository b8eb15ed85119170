/** One engine under one load, in a process of its own. Prints a Round as JSON. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ENGINES, type Engine } from './engines.ts';

export const LOADS = {
  '1 KB, 64 senders': { senders: 64, messages: 1, bytes: 1_000 },
  '40 KB, 48 senders': { senders: 48, messages: 1, bytes: 40_000 },
  '4 x 60 KB, 32 senders': { senders: 32, messages: 4, bytes: 60_000 },
} as const;
export type LoadName = keyof typeof LOADS;
type Load = (typeof LOADS)[LoadName];

export interface Round {
  readonly messages_per_second: number;
  readonly flush_messages: number;
  /** From call to acknowledgement. */
  readonly p50_ms: number;
  readonly p99_ms: number;
  /** How late a timer of 1 ms fires: what the rest of the process suffers. */
  readonly lag_p99_ms: number;
  /** Processor time, all threads. */
  readonly cpu_us_per_message: number;
}

if (import.meta.main) {
  const [engineName = '', loadName = '', seconds = '1', parent = '.'] = process.argv.slice(2);
  const open = Object.entries(ENGINES).find(([name]) => name === engineName)?.[1];
  const load = Object.entries(LOADS).find(([name]) => name === loadName)?.[1];
  if (open === undefined || load === undefined) throw new Error(`No engine ${engineName} or no load ${loadName}.`);
  const folder = await mkdtemp(join(parent, 'inlet-bench-'));
  try {
    console.log(JSON.stringify(await measure(await open(folder), load, Number(seconds) * 1_000)));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measure(engine: Engine, load: Load, milliseconds: number): Promise<Round> {
  // Not compressible, and the same for both.
  const body = new Uint8Array(load.bytes).map((_, index) => (index * 2_654_435_761) >>> 24);
  const bodies = Array.from({ length: load.messages }, () => body);
  const latencies: number[] = [];
  const lags: number[] = [];
  const start = performance.now();
  const running = (): boolean => performance.now() - start < milliseconds;
  const send = async (): Promise<void> => {
    while (running()) {
      const begin = performance.now();
      await engine.send(bodies);
      latencies.push(performance.now() - begin);
    }
  };
  const watch = async (): Promise<void> => {
    while (running()) {
      const begin = performance.now();
      await Bun.sleep(1);
      lags.push(performance.now() - begin - 1);
    }
  };
  const before = process.cpuUsage();
  await Promise.all([...Array.from({ length: load.senders }, send), watch()]);
  const elapsed = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  const messages = latencies.length * load.messages;
  const flushes = engine.flushes();
  const found = await engine.reopenAndCount();
  if (found !== messages) throw new Error(`${messages} messages were acknowledged, but ${found} are there.`);
  return {
    messages_per_second: (messages / elapsed) * 1_000,
    flush_messages: messages / flushes,
    p50_ms: quantile(latencies, 0.5),
    p99_ms: quantile(latencies, 0.99),
    lag_p99_ms: quantile(lags, 0.99),
    cpu_us_per_message: (user + system) / messages,
  };
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
