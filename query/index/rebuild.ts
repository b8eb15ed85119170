/**
 * Makes the index again beside the one in use. The order that loses nothing: `startRebuild`, then list the log, then
 * `writeToSlot` for all of it, then `finishRebuild`. Writers fill both slots meanwhile.
 */
import type { Database, HotIndex, Statement } from '../../platform/ports.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { type Layout, shardsWanted } from './shards.ts';
import { readState, type Slot } from './state.ts';
import { writeAsOld } from './write.ts';

/** What a slot is made of. */
const TABLES = [
  'events',
  'identities',
  'traits',
  'links',
  'members',
  'groups',
  'group_members',
  'retractions',
] as const;

/** One rebuild. When a later one takes its place, this one can change nothing any more. */
export interface Rebuild extends Layout {
  readonly generation: number;
}

/** Empties the slot that is not in use and shows it to the writers. @throws where another one starts or ends right now. */
export async function startRebuild(database: HotIndex): Promise<Rebuild> {
  const { active, generation } = await readState(database);
  const slot = other(active);
  const shards = shardsWanted(database);
  const spread = database.prepare(`update index_state set shards_${slot} = ? where id = 1`).bind(shards);
  await database.batch([nextGeneration(database, generation, active, slot), spread, ...emptying(database, slot)]);
  // Whatever writers put there in between is in the log by now.
  await emptyBeside(database, slot);
  return { slot, shards, generation: generation + 1 };
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
 * Readers and writers change over at once and the old slot is emptied. Whoever is reading it notices and starts anew.
 *
 * @throws where another rebuild took the place of this one; then nothing has changed.
 */
export async function finishRebuild(database: HotIndex, { slot, generation }: Rebuild): Promise<void> {
  await database.batch([nextGeneration(database, generation, slot, null), ...emptying(database, other(slot))]);
  await emptyBeside(database, other(slot));
}

/** Writers leave the slot alone from now on; the next rebuild empties it. No effect where another took its place. */
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

function emptying(database: Database, slot: Slot): Statement[] {
  return TABLES.map((table) => database.prepare(`delete from ${table}_${slot}`));
}

/** Nobody sees these rows: what counts is said in the first database. Whoever was about to drop some is told to stop. */
async function emptyBeside({ beside = [] }: HotIndex, slot: Slot): Promise<void> {
  for (const database of beside) {
    await database.batch([
      database.prepare('update index_state set generation = generation + 1 where id = 1'),
      database.prepare(`delete from events_${slot}`),
    ]);
  }
}

function other(slot: Slot): Slot {
  return slot === 'a' ? 'b' : 'a';
}
