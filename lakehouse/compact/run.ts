/**
 * Compaction: segments become files of the table, by day and type, sorted by user. Killed anywhere, nothing has happened
 * until the commit, and the next run does the work again; uploads that no snapshot names are cleared by expiry.
 */
import type { Clock, LocalFiles, Progress, StoredObject } from '../../platform/ports.ts';
import { type CommitPorts, commit } from '../catalog/commit.ts';
import { UPLOAD_MS_MAX } from '../catalog/expire.ts';
import { type Log, openLog } from '../catalog/log.ts';
import { segmentHour } from '../catalog/objects.ts';
import { planUnit } from './plan.ts';
import { compactUnit, type UnitOutput } from './unit.ts';

const CONFLICTS_MAX = 5;

export interface CompactionOptions extends CommitPorts {
  readonly files: LocalFiles;
  readonly clock: Clock;
  /** `compact_bytes` is also the most that one commit takes in. */
  readonly config: { readonly dedupe_window_days: number; readonly compact_bytes: number };
  readonly progress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CompactionResult {
  commits: number;
  segments: number;
  /** Bytes of these segments. */
  bytes: number;
  /** Rows of these segments, copies included. */
  rows: number;
  /** Rows left out because another one of the same identity counts. */
  copies: number;
  files_added: number;
  files_removed: number;
  seconds: number;
}

/**
 * Compacts every segment that is there at the start, in units of bounded size, each committed by itself.
 *
 * @throws Error when another compactor keeps committing first, and whatever the stores or DuckDB throw
 */
export async function runCompaction(options: CompactionOptions): Promise<CompactionResult> {
  const { lake, clock, config, progress } = options;
  const startedAt = clock.now();
  const result: CompactionResult = {
    commits: 0,
    segments: 0,
    bytes: 0,
    rows: 0,
    copies: 0,
    files_added: 0,
    files_removed: 0,
    seconds: 0,
  };
  let log = await openLog(lake);
  const due = new Set(log.segments.map(({ key }) => key));
  let conflicts = 0;
  for (;;) {
    const unit = planUnit(
      log.segments.filter(({ key }) => due.has(key)),
      config.compact_bytes,
    );
    if (unit.length === 0) break;
    const output = await commitUnit(options, log, unit);
    if (output === 'conflict') {
      conflicts += 1;
      if (conflicts > CONFLICTS_MAX) throw new Error('Another compactor keeps committing first: run only one');
    } else {
      add(result, unit, output);
      progress?.('segments compacted', result.segments, due.size);
    }
    log = await openLog(lake);
  }
  result.seconds = (clock.now() - startedAt) / 1_000;
  return result;
}

/** On a conflict everything is planned anew: what another one took in may hold copies of these rows. */
async function commitUnit(
  options: CompactionOptions,
  log: Log,
  unit: readonly StoredObject[],
): Promise<UnitOutput | 'conflict'> {
  const { clock } = options;
  const startedAt = clock.now();
  const output = await compactUnit(options, log.snapshot, unit);
  const committed_at = clock.now();
  if (committed_at - startedAt > UPLOAD_MS_MAX) throw new Error('Compaction took too long: lower INLET_COMPACT_BYTES');
  const outcome = await commit(options, log.snapshot, {
    committed_at,
    as_of: completeUntil(log, unit, output),
    add: output.add,
    remove: output.remove,
    identities: output.identities,
    consume: unit.map(({ key }) => key),
    forget: log.gone,
  });
  return outcome === 'ok' ? output : 'conflict';
}

/** The newest arrival in the table, but not beyond the hour of a segment that waits. */
function completeUntil({ snapshot, segments }: Log, unit: readonly StoredObject[], output: UnitOutput): number {
  const newest = Math.max(snapshot.received_max ?? output.received_max, output.received_max);
  // Segments come oldest first, and a unit takes them from the start.
  const waiting = segments[unit.length];
  return waiting === undefined ? newest : Math.min(newest, segmentHour(waiting.key));
}

function add(result: CompactionResult, unit: readonly StoredObject[], output: UnitOutput): void {
  result.commits += 1;
  result.segments += unit.length;
  result.bytes += unit.reduce((total, { size }) => total + size, 0);
  result.rows += output.rows;
  result.copies += output.copies;
  result.files_added += output.add.length;
  result.files_removed += output.remove.length;
}
