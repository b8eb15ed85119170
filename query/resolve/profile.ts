import type { Database } from '../../platform/ports.ts';
import type { JsonObject } from '../../schemas/event.ts';
import { atOneMoment, type Moment } from './moment.ts';
import { select } from './select.ts';
import { keepWinners } from './winners.ts';

export interface Profile {
  /** The latest value of each trait. */
  readonly traits: JsonObject;
  /** Time of the latest identify call with traits, epoch milliseconds; null where there is none. */
  readonly updatedAt: number | null;
}

/** A profile is folded from this many of the latest identify calls, copies included. */
const CALLS_MAX = 500;
const CHUNK_CALLS = 50;

interface Call {
  timestamp: number;
  stamp: string;
  identity: string;
  traits: string;
}

/** The fold over a user's identify calls. @throws InletError index_away */
export async function readProfile(database: Database, user: string): Promise<Profile> {
  return atOneMoment(database, async (moment) => {
    const traits = new Map<string, unknown>();
    let updatedAt: number | null = null;
    for await (const call of latestCalls(database, moment, user)) {
      updatedAt ??= call.timestamp;
      const sent: JsonObject = JSON.parse(call.traits);
      for (const [name, value] of Object.entries(sent)) if (!traits.has(name)) traits.set(name, value);
    }
    return { traits: Object.fromEntries(traits), updatedAt };
  });
}

/** Newest first, and of one time the last received first. */
async function* latestCalls(database: Database, moment: Moment, user: string): AsyncGenerator<Call> {
  const sql = `select timestamp, stamp, identity, traits from traits_${moment.slot}
    where user_key = ? and (timestamp, stamp) < (?, ?) order by timestamp desc, stamp desc limit ${CHUNK_CALLS}`;
  let last = { timestamp: Number.MAX_SAFE_INTEGER, stamp: '' };
  for (let read = 0; read < CALLS_MAX; read += CHUNK_CALLS) {
    const calls = await select<Call>(database, sql, user, last.timestamp, last.stamp);
    yield* await keepWinners(database, moment, calls);
    const end = calls.at(-1);
    if (end === undefined || calls.length < CHUNK_CALLS) return;
    last = end;
  }
}
