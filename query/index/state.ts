import type { Database } from '../../platform/ports.ts';

export type Slot = 'a' | 'b';

export interface IndexState {
  readonly active: Slot;
  /** The slot being rebuilt. */
  readonly building: Slot | null;
  /** Counts the starts and ends of rebuilds. */
  readonly generation: number;
  /** Counts the writes. */
  readonly sequence: number;
  /** Version of the timeline that holds the rows that have left; 0 where none has. */
  readonly dropped: number;
  /** No event has left that is newer than this, epoch milliseconds; null where none has. */
  readonly dropped_newest: number | null;
  /** Over how many databases the rows of events of each slot are spread. */
  readonly shards_a: number;
  readonly shards_b: number;
  /** The era that rows of each slot are written to, and those before it that are sorted: all below. Of this database. */
  readonly era_a: number;
  readonly era_b: number;
  readonly sorted_a: number;
  readonly sorted_b: number;
  /** What cursors are signed with. */
  readonly cursor_secret: string;
}

export function shardsOf({ shards_a, shards_b }: IndexState, slot: Slot): number {
  return slot === 'a' ? shards_a : shards_b;
}

export function erasOf(state: IndexState, slot: Slot): { readonly era: number; readonly sorted: number } {
  return slot === 'a' ? { era: state.era_a, sorted: state.sorted_a } : { era: state.era_b, sorted: state.sorted_b };
}

/** The databases that have rows of the active slot, the first is 0. */
export function shardsIn(state: IndexState): number[] {
  return Array.from({ length: shardsOf(state, state.active) }, (_, shard) => shard);
}

/** @throws what the database throws, and where the migrations were not applied. */
export async function readState(database: Database): Promise<IndexState> {
  const { results } = await database
    .prepare(
      `select active, building, generation, sequence, dropped, dropped_newest, shards_a, shards_b,
         era_a, era_b, sorted_a, sorted_b, cursor_secret
       from index_state where id = 1`,
    )
    .all<IndexState>();
  const [state] = results;
  if (state === undefined) throw new Error('the hot index has no state: its migrations were not applied');
  return state;
}

/** For an update of the state: its whole batch fails where the generation is not that one any more. @param value SQL of it */
export function onlyInGeneration(value: string): string {
  return `generation = case generation when ${value} then generation end`;
}
