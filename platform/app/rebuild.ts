/**
 * Makes the hot index again from the log, beside the one in use, which answers until the new one takes over. Consumers
 * fill both meanwhile: they put a segment first and look for a rebuild second, so a segment is either in the list made
 * here or written by its consumer. It can stop anywhere and go on later, where a Worker's time is over.
 */

import { readRows } from '../../lakehouse/append/read.ts';
import { tableFiles } from '../../lakehouse/catalog/files.ts';
import { openLog } from '../../lakehouse/catalog/log.ts';
import {
  abandonRebuild,
  finishRebuild,
  isUnderWay,
  type Rebuild,
  startRebuild,
  writeToSlot,
} from '../../query/index/rebuild.ts';
import { isJsonObject } from '../../schemas/event.ts';
import type { HotIndex, ObjectStore } from '../ports.ts';

/** How far a rebuild is. */
export interface RebuildState {
  readonly rebuild: Rebuild;
  /** Keys of the log that are still to be read. */
  readonly left: readonly string[];
  /** Row groups of the first of them that are in. */
  readonly groups: number;
  /** Events that are in, copies included. */
  readonly events: number;
  /** Whether a file was gone when its turn came: compaction has put its rows into others. */
  readonly isLost: boolean;
}

/** @returns null for anything that is no state as `JSON.stringify` writes it */
export function parseRebuildState(value: unknown): RebuildState | null {
  if (!isJsonObject(value) || !isJsonObject(value.rebuild) || !Array.isArray(value.left)) return null;
  const { groups, events, isLost } = value;
  const { slot, shards, generation } = value.rebuild;
  const left = value.left.filter((key) => typeof key === 'string');
  if (left.length < value.left.length || typeof isLost !== 'boolean') return null;
  if (slot !== 'a' && slot !== 'b') return null;
  if (!isCount(groups) || !isCount(events) || !isCount(shards) || !isCount(generation)) return null;
  return { rebuild: { slot, shards, generation }, left, groups, events, isLost };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** Empties the slot that is not in use and lists what has to go into it. */
export async function beginRebuild(lake: ObjectStore, index: HotIndex): Promise<RebuildState> {
  const rebuild = await startRebuild(index);
  try {
    return { rebuild, left: await keysOfLog(lake), groups: 0, events: 0, isLost: false };
  } catch (error) {
    await abandonRebuild(index, rebuild);
    throw error;
  }
}

/** @returns whether it can go on: no other took its place meanwhile */
export function canContinue(index: HotIndex, { rebuild }: RebuildState): Promise<boolean> {
  return isUnderWay(index, rebuild);
}

/**
 * Reads on until all is in, and lets the new index take over; or until told to stop.
 *
 * @param mayGoOn asked after each row group; what it throws ends the reading
 * @returns how far it came: nothing is left once the new index has taken over
 */
export async function continueRebuild(
  lake: ObjectStore,
  index: HotIndex,
  begun: RebuildState,
  mayGoOn: (state: RebuildState) => Promise<boolean>,
): Promise<RebuildState> {
  let state = begun;
  for (;;) {
    for (let [key] = state.left; key !== undefined; [key] = state.left) {
      if ((await lake.head(key)) === null) {
        state = { ...state, left: state.left.slice(1), groups: 0, isLost: true };
        continue;
      }
      for await (const rows of readRows(lake, key, state.groups)) {
        await writeToSlot(index, state.rebuild, rows);
        state = { ...state, groups: state.groups + 1, events: state.events + rows.length };
        if (!(await mayGoOn(state))) return state;
      }
      state = { ...state, left: state.left.slice(1), groups: 0 };
      if (state.left.length > 0 && !(await mayGoOn(state))) return state;
    }
    if (!state.isLost) break;
    // What is in already may be read once more: that changes nothing.
    state = { ...state, left: await keysOfLog(lake), isLost: false };
  }
  await finishRebuild(index, state.rebuild);
  return state;
}

async function keysOfLog(lake: ObjectStore): Promise<string[]> {
  const log = await openLog(lake);
  return [...(await tableFiles(lake, log.snapshot)), ...log.segments].map(({ key }) => key);
}
