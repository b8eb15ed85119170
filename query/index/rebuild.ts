/**
 * Makes the index again beside the one in use. The order that loses nothing: `startRebuild`, then list the log, then
 * `writeToSlot` for all of it, then `finishRebuild`. Writers fill both slots meanwhile.
 */
import type { Database, HotIndex, Statement } from '../../platform/ports.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { emptyUnused, otherThan } from './emptying.ts';
import { type Layout, shardsWanted } from './shards.ts';
import { readState, type Slot } from './state.ts';
import { writeAsOld } from './write.ts';

/** One rebuild. When a later one takes its place, this one can change nothing any more. */
export interface Rebuild extends Layout {
  readonly generation: number;
}

/**
 * Shows the slot that is not in use to the writers, once it is empty. What is left in it goes now: `releaseSlot` and
 * `emptyUnused` do that before, a little at a time.
 *
 * @throws where another one starts or ends right now
 */
export async function startRebuild(database: HotIndex): Promise<Rebuild> {
  const shards = shardsWanted(database);
  await releaseSlot(database);
  // Before it is emptied: whoever starts or ends a rebuild from here on is noticed.
  const { active, generation } = await readState(database);
  const slot = otherThan(active);
  if (!(await emptyUnused(database, async () => true))) throw new Error('another rebuild of the index has just begun');
  const anew = `era_${slot} = 0, sorted_${slot} = 0`;
  const spread = database.prepare(`update index_state set shards_${slot} = ?, ${anew} where id = 1`).bind(shards);
  await database.batch([nextGeneration(database, generation, active, slot), spread]);
  // Who was about to empty the slot there, or to drop rows of its former life, is told to stop. Whatever writers put there
  // since it was emptied is in the log by now.
  for (const other of database.beside ?? []) {
    await other.prepare(`update index_state set generation = generation + 1, ${anew} where id = 1`).run();
  }
  return { slot, shards, generation: generation + 1 };
}

/** Takes the slot away from a rebuild that is under way, if there is one: it can change nothing any more. */
export async function releaseSlot(database: Database): Promise<void> {
  await database
    .prepare('update index_state set building = null, generation = generation + 1 where building is not null')
    .run();
}

/** Whether it is the one that writers fill: no other started or ended since. */
export async function isUnderWay(database: Database, { slot, generation }: Rebuild): Promise<boolean> {
  const state = await readState(database);
  return state.building === slot && state.generation === generation;
}

/** Adds events of the log, in any portions, as events that were there all along, so that older cursors go on. */
export async function writeToSlot(database: HotIndex, rebuild: Rebuild, rows: readonly EventRow[]): Promise<void> {
  await writeAsOld(database, rebuild, rows);
}

/**
 * Readers and writers change over at once. Whoever is reading the old slot notices and starts anew; `emptyUnused` empties it.
 *
 * @throws where another rebuild took the place of this one; then nothing has changed.
 */
export async function finishRebuild(database: HotIndex, { slot, generation }: Rebuild): Promise<void> {
  await nextGeneration(database, generation, slot, null).run();
}

/** Writers leave the slot alone from now on; `emptyUnused` empties it. No effect where another took its place. */
export async function abandonRebuild(database: Database, { generation }: Rebuild): Promise<void> {
  await database
    .prepare('update index_state set building = null, generation = generation + 1 where generation = ?')
    .bind(generation)
    .run();
}

/** Fails its whole batch where the generation is not that one any more. */
function nextGeneration(database: Database, generation: number, active: Slot, building: Slot | null): Statement {
  return database
    .prepare(
      `update index_state set active = ?, building = ?, dropped = case when active = ?1 then dropped else 0 end,
         dropped_newest = case when active = ?1 then dropped_newest end,
         generation = case generation when ? then generation + 1 end where id = 1`,
    )
    .bind(active, building, generation);
}
