import type { DuckDBConnection } from '@duckdb/node-api';
import { Presets, SingleBar } from 'cli-progress';
import type { Progress } from '../../platform/ports.ts';

const STEPS = 10;

export interface ProgressBar {
  readonly update: Progress;
  /** Leaves the last state on the screen. May be called twice. */
  stop(): void;
}

/** How far long work is, on standard error: a bar on a terminal, else a line for each tenth. */
export function progressBar(): ProgressBar {
  // A terminal without a size, as some have before their first resize, cannot hold a bar.
  return process.stderr.isTTY && process.stderr.columns > 0 ? drawnBar() : lines();
}

function drawnBar(): ProgressBar {
  const bar = new SingleBar(
    { format: '{bar} {value}/{total} {label}', stream: process.stderr, hideCursor: true },
    Presets.shades_classic,
  );
  return {
    update: (label, done, total) => {
      if (bar.isActive && bar.getTotal() === total) bar.update(done, { label });
      else bar.start(total, done, { label });
    },
    stop: () => bar.stop(),
  };
}

function lines(): ProgressBar {
  let last = '';
  return {
    update: (label, done, total) => {
      const step = `${label} ${total} ${Math.floor((done / total) * STEPS)}`;
      if (step !== last) process.stderr.write(`${label}: ${done} of ${total}\n`);
      last = step;
    },
    stop: () => {},
  };
}

const LOOK_EVERY_MS = 250;
/** What takes less needs no bar. */
const PATIENCE_MS = 1_500;

/** How far a query is, where somebody looks: DuckDB's own guess. @returns what `work` gives */
export async function withProgress<Result>(
  connection: DuckDBConnection,
  label: string,
  work: Promise<Result>,
): Promise<Result> {
  if (!process.stderr.isTTY) return work;
  const bar = progressBar();
  let waited = 0;
  const timer = setInterval(() => {
    waited += LOOK_EVERY_MS;
    if (waited >= PATIENCE_MS) bar.update(label, Math.max(0, Math.round(connection.progress.percentage)), 100);
  }, LOOK_EVERY_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    if (waited >= PATIENCE_MS) bar.stop();
  }
}
