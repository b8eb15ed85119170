/** One measurement: a server and the load on it, both started anew, each on a core of its own where that can be had. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseLine, run, startServer, textOf } from '../../../cli/demo/child.ts';
import type { JsonObject } from '../../../schemas/event.ts';

export interface Measurement {
  readonly requests_per_second: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  /** Of one core, as used by the load: near 1, the load was the bottleneck. */
  readonly load_cpu_share: number;
}

export interface Window {
  readonly seconds: number;
  readonly warmup_seconds: number;
}

const ROOT = join(import.meta.dir, '..', '..', '..');
/** Under the project, as a folder for temporary files may lie in memory, where a sync costs nothing. */
const SCRATCH = join(ROOT, 'node_modules', '.cache', 'inlet-bench');
const KEY = 'wk_bench_of_the_ingest_path';
export const CONNECTIONS = 64;

export const PINNED = process.platform === 'linux' && availableParallelism() > 1 && Bun.which('taskset') !== null;

const INLET = [join(ROOT, 'cli', 'inlet.ts'), 'serve', '--json'];
const SERVERS = {
  ceiling: { command: [join(import.meta.dir, 'ceiling.ts')], env: {} },
  /** Nothing empties the queue. */
  inlet: { command: INLET, env: { INLET_ROLES: 'ingest' } },
  /** Every role, as `bun start` has. */
  whole: { command: INLET, env: {} },
};
export type ServerName = keyof typeof SERVERS;

/** @throws Error where a request was not answered with 2xx: such numbers mean nothing */
export async function measure(name: ServerName, events: number, window: Window): Promise<Measurement> {
  await mkdir(SCRATCH, { recursive: true });
  const folder = await mkdtemp(join(SCRATCH, `${name}-`));
  const { command, env } = SERVERS[name];
  const path = { PATH: process.env.PATH ?? '' };
  const settings = { INLET_DATA_DIR: folder, INLET_PORT: '0', INLET_WRITE_KEY: KEY };
  const server = await startServer([...onCore(0), process.execPath, ...command], { ...path, ...settings, ...env });
  try {
    const options = {
      url: textOf(server.ready, 'url'),
      key: KEY,
      events,
      connections: CONNECTIONS,
      seconds: window.seconds,
      warmup: window.warmup_seconds,
    };
    const load = [process.execPath, join(ROOT, 'test', 'load', 'client.ts'), '--json'];
    const given = Object.entries(options).flatMap(([option, value]) => [`--${option}`, String(value)]);
    return parse(parseLine(await run([...onCore(1), ...load, ...given], path)));
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function onCore(core: number): string[] {
  return PINNED ? ['taskset', '-c', String(core)] : [];
}

function parse({ requests_per_second, latency_ms, cpu_share }: JsonObject): Measurement {
  const { p50, p99 }: JsonObject = { ...(typeof latency_ms === 'object' ? latency_ms : {}) };
  return {
    requests_per_second: Number(requests_per_second),
    p50_ms: Number(p50),
    p99_ms: Number(p99),
    load_cpu_share: Number(cpu_share),
  };
}
