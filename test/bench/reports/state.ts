/** What a bench that is run in several sittings has measured so far. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cost } from './cost.ts';
import type { Answered, Asked } from './speed.ts';

/** What a whole run of the bench is about; another one begins anew. */
export interface Size {
  readonly lake: string;
  readonly days: number;
  readonly events_per_day: number;
  readonly lengths: readonly number[];
}

export interface State {
  readonly size: Size;
  /** Names of steps. */
  readonly done: string[];
  /** Of a day in a lake of its own, by round. */
  readonly alone: Cost[][];
  /** Of one more day, by the length of the history in days, and by round. */
  readonly after: Record<string, Cost[][]>;
  /** The same for a day with late events. */
  readonly late: Record<string, Cost[]>;
  /** By report, and by round. */
  readonly speed: Record<string, Record<Asked, Answered>[]>;
}

export interface Step {
  readonly name: string;
  readonly run: (state: State) => Promise<void>;
}

export function loadState(folder: string, size: Size): State {
  const fresh: State = { size, done: [], alone: [], after: {}, late: {}, speed: {} };
  const path = pathOf(folder);
  if (!existsSync(path)) return fresh;
  const known: State = JSON.parse(readFileSync(path, 'utf8'));
  if (JSON.stringify(known.size) === JSON.stringify(size)) return known;
  throw new Error(`${path} is of another run: finish that one, or begin anew with --fresh`);
}

/** @returns whether all are done; false where time was over before that */
export async function takeSteps(
  steps: readonly Step[],
  { folder, state, isOver }: { folder: string; state: State; isOver: () => boolean },
): Promise<boolean> {
  for (const { name, run } of steps) {
    if (state.done.includes(name)) continue;
    if (isOver()) return false;
    process.stderr.write(`${name} … `);
    const started = performance.now();
    await run(state);
    state.done.push(name);
    saveState(folder, state);
    process.stderr.write(`${((performance.now() - started) / 1_000).toFixed(1)} s\n`);
  }
  return true;
}

function saveState(folder: string, state: State): void {
  mkdirSync(folder, { recursive: true });
  const path = pathOf(folder);
  writeFileSync(`${path}.new`, JSON.stringify(state));
  renameSync(`${path}.new`, path);
}

function pathOf(folder: string): string {
  return join(folder, 'state.json');
}
