/** Keeps the stored reports up to date with the table. */
import type { LocalFiles, ObjectStore, Progress } from '../../platform/ports.ts';
import { changedDays, readManifests } from '../catalog/files.ts';
import { listAll } from '../catalog/objects.ts';
import { EMPTY_SNAPSHOT, type Snapshot } from '../catalog/snapshot.ts';
import { loadSnapshot, readSnapshot } from '../catalog/store.ts';
import { pinBoard } from '../sql/pin-board.ts';
import { USER_DAYS } from './definitions.ts';
import { editionOf } from './edition.ts';
import type { ReportDefinition } from './header.ts';
import { daysReached, localDays, runsOf } from './plan.ts';
import { type StoreResult, storeRuns } from './store-run.ts';
import { editionPrefix, readState, reportPrefix, type StoredReport, storedDays, writeState } from './stored.ts';

export interface StoreOptions {
  readonly lake: ObjectStore;
  readonly files: LocalFiles;
  readonly reports: readonly ReportDefinition[];
  /** IANA name of the time zone whose days are stored. */
  readonly timezone: string;
  readonly progress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What one report took; those that had nothing to do took nothing. */
export interface ReportWork extends StoreResult {
  readonly name: string;
}

/**
 * Computes the days that changed since the reports were last stored, and those that a change reaches, from the table
 * alone. A report that is new, or whose SQL is another, is computed over every day, beside the rows that it replaces.
 * Killed anywhere, the next run goes on with the report that was under way. One process at a time.
 *
 * @throws Error of the first report that failed, after all others are stored
 */
export async function storeReports(options: StoreOptions): Promise<ReportWork[]> {
  const { lake, files, timezone } = options;
  const snapshot = await loadSnapshot(lake);
  const work: ReportWork[] = [];
  const pins = pinBoard(files);
  const changes = changesUpTo(lake, snapshot);
  const failures: unknown[] = [];
  let kept = await readState(lake);
  try {
    for (const definition of [USER_DAYS, ...options.reports]) {
      const edition = editionOf(definition, timezone);
      const old = kept.find(({ name }) => name === definition.name);
      const same = old?.edition === edition && old.version <= snapshot.version ? old : null;
      if (same?.version === snapshot.version) continue;
      try {
        const changed = await changes(same, { name: definition.name, edition });
        const days = localDays(changed.days, timezone);
        const last = localDays([...changed.days, ...changed.last], timezone).at(-1) ?? '';
        const runs = runsOf(daysReached(days, definition, last));
        const todo = { ...options, definition, edition, snapshot, before: same, pins, runs, changed: new Set(days) };
        work.push({ name: definition.name, ...(await storeRuns(todo)) });
      } catch (error) {
        options.signal?.throwIfAborted();
        failures.push(error);
        // What the others make of it would be wrong.
        if (definition === USER_DAYS) break;
        continue;
      }
      kept = [
        ...kept.filter(({ name }) => name !== definition.name),
        storedOf(definition, timezone, edition, snapshot),
      ];
      await writeState(lake, kept);
      if (same === null) await deleteOthers(lake, definition.name, edition);
    }
    await forget(lake, kept, options);
  } finally {
    await pins.release();
  }
  if (failures.length > 0) throw failures[0];
  return work;
}

/** Whether the stored reports show the newest snapshot, so that there is nothing to store. */
export async function reportsAreCurrent({
  lake,
  reports,
  timezone,
}: Pick<StoreOptions, 'lake' | 'reports' | 'timezone'>): Promise<boolean> {
  const [stored, { version }] = [await readState(lake), await loadSnapshot(lake)];
  if (version === 0) return true;
  const wanted = [USER_DAYS, ...reports];
  return (
    stored.length === wanted.length &&
    wanted.every((definition) =>
      stored.some(
        (report) =>
          report.name === definition.name &&
          report.version === version &&
          report.edition === editionOf(definition, timezone),
      ),
    )
  );
}

/** UTC days whose rows are others than a stored report shows, and the last day that can have events, if any. */
function changesUpTo(lake: ObjectStore, snapshot: Snapshot) {
  const known = new Map<number, Promise<string[]>>();
  return async (
    stored: StoredReport | null,
    place: { name: string; edition: string },
  ): Promise<{ days: readonly string[]; last: readonly string[] }> => {
    const before = stored === null ? null : await readSnapshot(lake, stored.version);
    const since = before ?? EMPTY_SNAPSHOT;
    const days = known.get(since.version) ?? changedDays(lake, since, snapshot);
    known.set(since.version, days);
    const dates = (await readManifests(lake, snapshot)).map(({ date_max }) => date_max);
    // The snapshot that it shows has expired: a day may be stored that has no event any more.
    const orphans = before === null ? (await storedDays(lake, place)).map(({ day }) => day) : [];
    const all = [...new Set([...(await days), ...orphans])].sort();
    return { days: all, last: dates.sort().slice(-1) };
  };
}

function storedOf(definition: ReportDefinition, timezone: string, edition: string, snapshot: Snapshot): StoredReport {
  const { name, description, grain, columns, sums, parameters } = definition;
  const { version, as_of, committed_at } = snapshot;
  const header = { name, description, grain, columns, sums, parameters };
  return { ...header, timezone, edition, version, as_of, stored_at: committed_at };
}

async function deleteOthers(lake: ObjectStore, name: string, edition: string): Promise<void> {
  const prefix = editionPrefix({ name, edition });
  const keys = (await listAll(lake, reportPrefix(name))).map(({ key }) => key).filter((key) => !key.startsWith(prefix));
  for (let start = 0; start < keys.length; start += 1_000) await lake.delete(keys.slice(start, start + 1_000));
}

/** Reports that a team has taken out of its folder. */
async function forget(lake: ObjectStore, kept: readonly StoredReport[], { reports }: StoreOptions): Promise<void> {
  const names = new Set([USER_DAYS, ...reports].map(({ name }) => name));
  const gone = kept.filter(({ name }) => !names.has(name));
  if (gone.length === 0) return;
  await writeState(
    lake,
    kept.filter(({ name }) => names.has(name)),
  );
  for (const { name } of gone) await deleteOthers(lake, name, '');
}
