import type { Database } from '../../platform/ports.ts';
import { InletError } from '../../schemas/errors.ts';
import type { Layout } from '../index/shards.ts';
import { erasOf, type IndexState, readState, shardsOf } from '../index/state.ts';

/** What one reading sees: one slot, and in it the copies that were there at one moment. */
export interface Moment extends Layout {
  /** Copies of a larger sequence came later. */
  readonly sequence: number;
  /** The oldest version of the timeline that has what the slot has no more. */
  readonly dropped: number;
  /** Events newer than this are all in the slot, epoch milliseconds; null where all are. */
  readonly droppedNewest: number | null;
  /** The last era of rows, and the first that is not sorted. */
  readonly era: number;
  readonly sorted: number;
  readonly cursorSecret: string;
}

const ATTEMPTS_MAX = 3;

/**
 * Reads at one moment. When a rebuild ends meanwhile, the slot is emptied under the reader, which then starts anew; so it
 * does when rows leave that the timeline holds.
 *
 * @throws InletError index_away
 */
export async function atOneMoment<Answer>(
  database: Database,
  read: (moment: Moment) => Promise<Answer>,
): Promise<Answer> {
  let before = await state(database);
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const answer = await read(momentOf(before));
    const after = await state(database);
    if (isSame(before, after)) return answer;
    before = after;
  }
  throw new InletError('index_away');
}

function momentOf(state: IndexState): Moment {
  const { active: slot, sequence, dropped, dropped_newest: droppedNewest, cursor_secret: cursorSecret } = state;
  const [shards, { era, sorted }] = [shardsOf(state, slot), erasOf(state, slot)];
  return { slot, shards, sequence, dropped, droppedNewest, era, sorted, cursorSecret };
}

/** What was in the slot still is, or is where the reader looks instead. */
function isSame(before: IndexState, after: IndexState): boolean {
  return (
    before.generation === after.generation &&
    before.dropped === after.dropped &&
    before.dropped_newest === after.dropped_newest
  );
}

async function state(database: Database): Promise<IndexState> {
  try {
    return await readState(database);
  } catch (cause) {
    throw new InletError('index_away', { cause });
  }
}
