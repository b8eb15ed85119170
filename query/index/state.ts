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
  /** What cursors are signed with. */
  readonly cursor_secret: string;
}

export function shardsOf({ shards_a, shards_b }: IndexState, slot: Slot): number {
  return slot === 'a' ? shards_a : shards_b;
}

/** The databases that have rows of the active slot, the first is 0. */
export function shardsIn(state: IndexState): number[] {
  return Array.from({ length: shardsOf(state, state.active) }, (_, shard) => shard);
}

/** @throws what the database throws, and where the migrations were not applied. */
export async function readState(database: Database): Promise<IndexState> {
  const { results } = await database
    .prepare(
      `select active, building, generation, sequence, dropped, dropped_newest, shards_a, shards_b, cursor_secret
       from index_state where id = 1`,
    )
    .all<IndexState>();
  const [state] = results;
  if (state === undefined) throw new Error('the hot index has no state: its migrations were not applied');
  return state;
}
