/** What several fields of one request ask for is read once. */
import DataLoader from 'dataloader';
import { type Profile, readProfile } from '../resolve/profile.ts';
import { readEvents } from './read-events.ts';
import type { QueryServices } from './services.ts';

/** Epoch milliseconds; null for a user without events. */
export interface Seen {
  readonly first: number | null;
  readonly last: number | null;
}

export interface Loaders {
  readonly profile: DataLoader<string, Profile>;
  readonly seen: DataLoader<string, Seen>;
}

/** The loaders of a request, by its context. */
export type LoadersOf = (context: object) => Loaders;

export function loaders(services: QueryServices): LoadersOf {
  const known = new WeakMap<object, Loaders>();
  return (context) => {
    let made = known.get(context);
    if (made === undefined) {
      made = {
        profile: loader((user) => readProfile(services.index, user)),
        seen: loader((user) => readSeen(services, user)),
      };
      known.set(context, made);
    }
    return made;
  };
}

function loader<Value>(read: (key: string) => Promise<Value>): DataLoader<string, Value> {
  const settle = (key: string): Promise<Value | Error> =>
    read(key).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
  return new DataLoader((keys) => Promise.all(keys.map(settle)));
}

async function readSeen(services: QueryServices, user: string): Promise<Seen> {
  const [newest, oldest] = await Promise.all([
    readEvents(services, user, { first: 1 }),
    readEvents(services, user, { first: 1, order: 'oldest' }),
  ]);
  const [last, first] = [newest.edges[0]?.event.timestamp, oldest.edges[0]?.event.timestamp];
  return { first: first ?? null, last: last ?? null };
}
