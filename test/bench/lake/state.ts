/** What a bench that is run in several sittings knows of the days behind it. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface DayFigures {
  readonly events: number;
  readonly copies: number;
  readonly commits: number;
  readonly compaction_seconds: number;
  /** DuckDB's bare COPY of the same segments. */
  readonly bare_seconds: number;
  /** Most memory that the process had while it compacted, bytes. */
  readonly memory_bytes: number;
}

export interface State {
  readonly days: DayFigures[];
}

export function loadState(folder: string): State {
  const path = join(folder, 'state.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { days: [] };
}

export function saveState(folder: string, state: State): void {
  const path = join(folder, 'state.json');
  writeFileSync(`${path}.new`, JSON.stringify(state));
  renameSync(`${path}.new`, path);
}
