/** A year of commits to a table of which there is only metadata, and what they cost. */
import { commit } from '../../lakehouse/catalog/commit.ts';
import { expire } from '../../lakehouse/catalog/expire.ts';
import { readManifests, tableFiles } from '../../lakehouse/catalog/files.ts';
import { loadSnapshot } from '../../lakehouse/catalog/store.ts';
import type { TableFile } from '../../lakehouse/catalog/table-file.ts';
import { virtualClock } from '../../platform/sim/clock.ts';
import { memoryStore } from '../../platform/sim/object-store.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import { COLUMNS } from '../../schemas/columns.ts';
import { file } from './files.ts';
import { nothingDone, type Work, workStore } from './work.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const TYPES = ['track', 'page', 'screen', 'identify', 'group', 'alias', 'failed'];
/** A working day has more: what matters here is how many there are for each day, not how fast they come. */
const COMMITS_A_DAY = 2;
const DAYS = 365;

export interface Month {
  /** All commits of the month together. */
  readonly commit: Work;
  readonly commits: number;
  /** Of one day, at the end of the month. */
  readonly plan: Work;
  /** The same with the files in which copies are looked for. */
  readonly look: Work;
  readonly manifests: number;
}

function dayOf(day: number): string {
  return new Date(START + day * DAY_MS).toISOString().slice(0, 10);
}

/** With counts and bounds of a few columns: more of them would only take longer. */
function realFile(name: string, day: number, type: string): TableFile {
  const date = dayOf(day);
  const base = file(`table/data/date=${date}/type=${type}/${name}.parquet`, date, 1_000_000);
  const received = base.statistics.upper_bounds;
  const counts = new Map(COLUMNS.slice(0, 8).map(({ id }) => [id, 100_000 + day]));
  const bounds = new Map<number, Uint8Array>(
    COLUMNS.slice(0, 8).map(({ id }) => [id, new TextEncoder().encode(`${name}-${id}`)]),
  );
  for (const [id, bound] of received) bounds.set(id, bound);
  const statistics = {
    ...base.statistics,
    column_sizes: counts,
    value_counts: counts,
    null_value_counts: counts,
    lower_bounds: bounds,
    upper_bounds: bounds,
  };
  return { ...base, type, statistics };
}

/** The figures of each month of thirty days. */
export async function simulateYear(): Promise<Month[]> {
  const clock = virtualClock(START);
  const store = memoryStore(clock);
  const random = seededRandom(3);
  const monthly: Month[] = [];
  let commits = nothingDone();
  for (let day = 0; day < DAYS; day += 1) {
    for (let number = 0; number < COMMITS_A_DAY; number += 1) {
      const base = await loadSnapshot(store);
      // Today, and late events of two earlier days.
      const late = Array.from({ length: 2 }, () => Math.max(0, day - 1 - random.below(30)));
      const add = [...TYPES.map((type) => ({ day, type })), ...late.map((day) => ({ day, type: 'track' }))].map(
        ({ day, type }) => realFile(random.hex(32), day, type),
      );
      // The last commit of a day merges the files that the day has so far.
      const date = dayOf(day);
      const partitions = TYPES.map((type) => ({ date, type }));
      const remove = number === COMMITS_A_DAY - 1 ? await tableFiles(store, base, { partitions }) : [];
      const segment = `segments/${new Date(clock.now()).toISOString().slice(0, 13)}/${random.hex(32)}.parquet`;
      const change = { committed_at: clock.now(), as_of: null, add, remove, consume: [segment], forget: base.consumed };
      const lake = workStore(store, commits);
      if ((await commit({ lake, random, lake_uri: 'file:///lake' }, base, change)) !== 'ok') throw new Error('Refused');
      await clock.advance(DAY_MS / COMMITS_A_DAY);
    }
    if (day % 10 === 9) await expire({ lake: store, clock, config: { grace_minutes: 60 } });
    if (day % 30 !== 29) continue;
    const [plan, look] = [nothingDone(), nothingDone()];
    const lake = workStore(store, plan);
    const asked = dayOf(day - 15);
    const files = await tableFiles(lake, await loadSnapshot(lake), { days: { from: asked, to: asked } });
    if (files.some(({ date }) => date !== asked)) throw new Error('The plan has files of other days');
    if (files.length === 0) throw new Error('The plan has no files');
    // Where the index does not reach back, copies are looked for in what arrived within their window as well.
    const near = workStore(store, look);
    const received_since = clock.now() - 7 * DAY_MS;
    await tableFiles(near, await loadSnapshot(near), { days: { from: asked, to: asked }, received_since });
    const manifests = (await readManifests(store, await loadSnapshot(store))).length;
    monthly.push({ commit: commits, commits: 30 * COMMITS_A_DAY, plan, look, manifests });
    commits = nothingDone();
  }
  return monthly;
}
